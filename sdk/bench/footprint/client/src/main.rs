//! A program with a client that keeps a license fresh.

use paidup::MemoryStore;
use paidup::blocking::Client;

include!("../../memory.rs");

fn main() {
    let client = Client::builder("http://127.0.0.1:1", "notes")
        .key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .store(MemoryStore::default())
        .build_blocking()
        .expect("a client");
    client.start_refreshing();
    assert!(!client.check().usable());
    // It has used its network once.
    assert!(client.activate("NOTES-MPJTB-9D5MP-JTB9D-5MPJT-B9D7Z").is_err());
    print_memory();
}
