//! Which machine this is.

use paidup::{Machine, NoMachineId};

#[test]
fn a_fingerprint_is_the_products_own_and_shows_nothing() {
    // A fresh container may have no machine id at all; that is an answer too.
    match (Machine::of_system("notes"), Machine::of_system("other")) {
        (Ok(notes), Ok(other)) => {
            assert_eq!(Machine::of_system("notes"), Ok(notes.clone()), "it stays");
            assert_ne!(notes.fingerprint, other.fingerprint);
            assert!(notes.fingerprint.starts_with("sha256:"));
            assert_eq!(notes.fingerprint.len(), 7 + 43);
            let id = machine_uid::get().unwrap();
            assert!(!notes.fingerprint.contains(&id));
        }
        (Err(NoMachineId), Err(NoMachineId)) => {
            assert!(machine_uid::get().is_err());
        }
        (one, another) => assert_eq!(one, another),
    }
}
