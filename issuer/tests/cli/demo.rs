//! `paidup demo`: the whole story in one command.

use serde_json::Value;

use super::{paidup, run};

#[test]
fn every_step_is_as_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(paidup(folder.path(), &["demo", "--json"]), b"");
    assert_eq!(printed.code, Some(0), "{}{}", printed.out, printed.err);
    let steps: Vec<Value> = printed
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&str> = steps.iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "start",
            "purchased",
            "announced",
            "activated",
            "offline",
            "forged",
            "suspended",
            "reinstated",
            "grace",
            "over"
        ]
    );
    assert!(steps.iter().all(|it| it["ok"] == true));
    // Nothing is left behind where it was started.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn people_get_the_same_story_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(paidup(folder.path(), &["demo"]), b"");
    assert_eq!(printed.code, Some(0));
    assert!(
        printed.out.contains("All 10 steps were as they should be."),
        "{}",
        printed.out
    );
    assert!(printed.out.contains("graceEndsAt"));
}
