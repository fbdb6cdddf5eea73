//! libpaidup as C programs have it: the installed header and libraries, compiled against
//! by gcc and clang, run under sanitizers and valgrind. `tests/run` installs what this
//! needs, the libraries too: `tests/bin/ffi.sh install`.

mod cases;
mod examples;
mod header;
mod host;
mod program;
mod symbols;
