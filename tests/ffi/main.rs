//! libpaidup as C programs have it: the installed header and libraries, compiled against
//! by gcc and clang, run under sanitizers and valgrind. `tests/run` installs what this
//! needs; the libraries come of `ffi_libraries` in `tests/bin/ffi.sh`.

mod cases;
mod examples;
mod header;
mod program;
mod programs;
mod symbols;
