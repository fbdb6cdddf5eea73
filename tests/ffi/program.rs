//! A C or C++ program: compiled with every warning an error, and run under what finds
//! its mistakes, and the library's.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use paidup_tests::Failure;

/// Which of the two libraries that are installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Library {
    Client,
    /// Without HTTP and TLS.
    Verify,
}

impl Library {
    /// Where `tests/bin/ffi.sh install` has put it.
    pub(crate) fn prefix(self) -> PathBuf {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../paidup-ffi");
        target.join(match self {
            Self::Client => "client",
            Self::Verify => "verify",
        })
    }

    /// What pkg-config says of it.
    pub(crate) fn flags(self, what: &[&str]) -> Result<Vec<String>, Failure> {
        let mut command = Command::new("pkg-config");
        command
            .args(what)
            .arg("paidup")
            .env("PKG_CONFIG_PATH", self.prefix().join("lib/pkgconfig"));
        let flags = run(&mut command, "")?;
        Ok(flags.split_whitespace().map(str::to_owned).collect())
    }
}

/// How it is compiled, linked and run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    /// clang's AddressSanitizer, with leaks, and UndefinedBehaviorSanitizer; linked with
    /// the shared library.
    Sanitized,
    /// gcc, linked with the static library, under valgrind.
    Valgrind,
}

pub(crate) const EACH_WAY: [Way; 2] = [Way::Sanitized, Way::Valgrind];

/// A program that was compiled.
pub(crate) struct Program {
    path: PathBuf,
    way: Way,
    _folder: tempfile::TempDir,
}

impl Program {
    /// Compiles sources, with these flags besides the usual ones.
    pub(crate) fn compile(
        sources: &[PathBuf],
        standard: &str,
        library: Library,
        way: Way,
        flags: &[String],
    ) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("program");
        let cpp = standard.starts_with("c++");
        let mut command = Command::new(match (way, cpp) {
            (Way::Sanitized, false) => "clang",
            (Way::Sanitized, true) => "clang++",
            (Way::Valgrind, false) => "gcc",
            (Way::Valgrind, true) => "g++",
        });
        command
            .args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-pthread"])
            .arg(format!("-std={standard}"))
            .args(sources)
            .args(library.flags(&["--cflags"])?)
            .args(flags)
            .arg("-o")
            .arg(&path);
        match way {
            Way::Sanitized => {
                let lib = library.prefix().join("lib");
                command
                    .args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"])
                    .args(library.flags(&["--libs"])?)
                    .arg(format!("-Wl,-rpath,{}", lib.display()));
            }
            Way::Valgrind => {
                command.args(library.flags(&["--variable=static"])?);
            }
        }
        run(&mut command, "")?;
        Ok(Self {
            path,
            way,
            _folder: folder,
        })
    }

    /// The command that runs it, in a folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, folder: &Path, arguments: &[S]) -> Command {
        let mut command = match self.way {
            Way::Sanitized => Command::new(&self.path),
            Way::Valgrind => {
                let mut command = Command::new("valgrind");
                let known = source("valgrind.supp");
                let suppressions = format!("--suppressions={}", known.display());
                command
                    .args(["--quiet", "--error-exitcode=99", "--leak-check=full"])
                    .arg("--errors-for-leak-kinds=definite,indirect,possible")
                    .arg(suppressions)
                    .arg(&self.path);
                command
            }
        };
        command
            .args(arguments)
            .current_dir(folder)
            .env("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
            .env("UBSAN_OPTIONS", "print_stacktrace=1");
        command
    }
}

/// Runs a command, which must end well: what it prints.
pub(crate) fn run(command: &mut Command, input: &str) -> Result<String, Failure> {
    let (output, told) = finish(command, input)?;
    if output.status.success() {
        return Ok(told);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{told}{complaint}", output.status).into())
}

/// Runs a command to its end: what came of it, and what it prints.
pub(crate) fn finish(command: &mut Command, input: &str) -> Result<(Output, String), Failure> {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped
        .spawn()
        .map_err(|error| format!("{command:?}: {error}; tests/run installs what this needs"))?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let input = input.to_owned();
    // A program that prints while it reads must not wait for us.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output()?;
    // Whoever does not read all of it says so by its result.
    let _ = writer.join();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output, told))
}

/// A source of these tests.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ffi").join(name)
}
