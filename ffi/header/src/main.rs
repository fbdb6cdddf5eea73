//! `cargo run -p paidup-header`: writes `ffi/include/paidup.h`, from the declarations and
//! comments of the crate `paidup-ffi`, the codes of the crate `paidup`, and the preamble.
//! The committed header is compared with what comes out here.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cbindgen::{Builder, Config};
use paidup::{Code, OfflineRequest};

const PREAMBLE: &str = include_str!("preamble.h");

/// cbindgen's own words for this have comments that C89 does not know.
const EXTERN_C: &str = r#"
#ifdef __cplusplus
extern "C" {
#endif
"#;

const TRAILER: &str = "#ifdef __cplusplus
}
#endif

#endif /* PAIDUP_H */";

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match header().and_then(|text| Ok(std::fs::write(path(), text)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("paidup-header: {error}");
            ExitCode::FAILURE
        }
    }
}

fn path() -> PathBuf {
    ffi().join("include/paidup.h")
}

fn ffi() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn header() -> Result<String, Failure> {
    let mut config = Config::from_file(ffi().join("header/cbindgen.toml"))?;
    config.header = Some(format!("{PREAMBLE}\n#ifndef PAIDUP_H\n#define PAIDUP_H"));
    config.after_includes = Some(constants()?);
    config.trailer = Some(TRAILER.to_owned());
    let bindings = Builder::new()
        .with_config(config)
        .with_src(ffi().join("src/lib.rs"))
        .generate()?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(String::from_utf8(text)?)
}

/// What the Rust side knows as values.
fn constants() -> Result<String, std::fmt::Error> {
    let version = env!("CARGO_PKG_VERSION");
    let offline = OfflineRequest::MAX_BYTES + 1;
    let mut text = format!(
        r#"
/* The version of this header. See paidup_version. */
#define PAIDUP_VERSION "{version}"

/* The bytes that a buffer for an offline request must have. */
#define PAIDUP_OFFLINE_REQUEST_SIZE {offline}

/* The bytes of random numbers that a request needs. */
#define PAIDUP_ENTROPY_SIZE 16

/* What a function answers. A number is never changed and never given to another code;
   later versions may add codes, so treat one that you do not know as an error.
   paidup_result_usable says which of them let the app run: PAIDUP_VALID and
   PAIDUP_GRACE, no other. */
typedef int32_t paidup_result;
enum {{
  /* Done. It is never the answer to whether a license is usable. */
  PAIDUP_OK = 0,
"#
    );
    for code in Code::ALL {
        let (word, meaning, number) = (code.as_str(), code.meaning(), code.number());
        write!(text, "  /* {meaning} */\n  PAIDUP_{word} = {number},\n")?;
    }
    text.push_str(
        "  /* The library has a fault. Nothing is known of what was asked for. */
  PAIDUP_INTERNAL = 390
};
",
    );
    text.push_str(EXTERN_C);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_header_is_up_to_date() {
        let committed = std::fs::read_to_string(path()).unwrap();
        let made = header().unwrap();
        assert!(
            committed == made,
            "paidup.h is not what the source says: cargo run -p paidup-header"
        );
    }

    /// Each function's body begins with one of the boundary's functions, or ends in one
    /// that does; there is no other way for a panic to be stopped.
    #[test]
    fn every_exported_function_has_its_boundary() {
        let mut exported = 0;
        let mut folders = vec![ffi().join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                for function in source.split("#[unsafe(no_mangle)]").skip(1) {
                    let end = function.find("\n}\n").unwrap();
                    let body = &function[..end];
                    let ways = [
                        "boundary::",
                        "change(|| {",
                        "field(",
                        "time(",
                        "begin(",
                        "VERSION.as_ptr()",
                    ];
                    assert!(ways.iter().any(|it| body.contains(it)), "{body}");
                    exported += 1;
                }
            }
        }
        assert!(exported > 100, "only {exported}");
    }
}
