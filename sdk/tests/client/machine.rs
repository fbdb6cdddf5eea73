//! Which machine this is.

use paidup::{Machine, NoMachineId};

/// Set in the process that finds itself on a build machine.
const CHILD: &str = "PAIDUP_TEST_PRINT_MACHINE";

#[test]
fn no_variable_of_the_environment_makes_it_another_machine() {
    #[expect(
        clippy::disallowed_methods,
        reason = "this test starts itself once more"
    )]
    let child = std::env::var(CHILD);
    let here = Machine::of_system("notes").map(|it| it.fingerprint);
    if child.is_ok() {
        println!("machine {here:?} machine");
        return;
    }
    let itself = std::env::current_exe().unwrap();
    let name = "machine::no_variable_of_the_environment_makes_it_another_machine";
    let output = std::process::Command::new(itself)
        .args(["--exact", name, "--nocapture"])
        .envs([
            (CHILD, "1"),
            ("CI", "true"),
            ("container", "lxc"),
            ("HOME", "/nowhere"),
        ])
        .env("KUBERNETES_SERVICE_HOST", "10.0.0.1")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        told.contains(&format!("machine {here:?} machine")),
        "{told}"
    );
}

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
