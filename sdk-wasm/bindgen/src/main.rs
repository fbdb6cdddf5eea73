//! `paidup-bindgen MODULE.wasm FOLDER`: what wasm-bindgen's own command does, built
//! under this repository's lock file, so that both halves are of one version.

use std::env::args_os;
use std::error::Error;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = args_os().skip(1);
    let (Some(module), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: paidup-bindgen MODULE.wasm FOLDER".into());
    };
    // The same glue serves pages, bundlers, workers and Node: only how the module's
    // bytes are found differs, and that is written in TypeScript.
    Bindgen::new()
        .input_path(module)
        .out_name("core")
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
