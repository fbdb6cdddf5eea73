//! The examples, as a customer uses them: against the real issuer, without it, with a
//! wrong key, with every seat taken, and where nothing can be written.

use std::path::{Path, PathBuf};
use std::process::Command;

use paidup_issuer::Clock;
use paidup_tests::{Database, Failure, Outcome, Setting, Stage};
use serde_json::json;
use tempfile::TempDir;

use crate::program::{EACH_WAY, Library, Program, Way, finish, run};

/// A license that somebody has bought, and what an app of that vendor is built with.
pub(crate) struct Sold {
    pub(crate) stage: Stage,
    pub(crate) issuer: String,
    pub(crate) root: String,
    pub(crate) key: String,
    folder: TempDir,
}

impl Sold {
    /// By the real time: programs have no other clock.
    pub(crate) async fn set() -> Result<Self, Failure> {
        let mut setting = Setting::default();
        setting.start = Clock::system().now().0;
        let stage = Stage::with(Database::Sqlite, setting).await?;
        let root = stage.make_root().await?;
        stage
            .stripe
            .buy("price_growth_monthly", "ada@example.com")
            .await?;
        let created = stage.vendor.first("license.created").await?;
        Ok(Self {
            issuer: stage.issuer()?.app.issuer().to_owned(),
            root: root.public_key().to_base64url(),
            key: created.text("/data/key").to_owned(),
            folder: tempfile::tempdir()?,
            stage,
        })
    }

    /// Where the program runs, and keeps its license.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The vendor's constants, for a C compiler.
    fn defines(&self) -> Vec<String> {
        let Self { issuer, root, .. } = self;
        vec![
            format!("-DACME_ISSUER=\"{issuer}\""),
            format!("-DACME_ROOT=\"{root}\""),
            "-DACME_TEST=1".to_owned(),
            "-DACME_FOLDER=\".\"".to_owned(),
        ]
    }

    /// Runs a program as its user does: its status and all that it says.
    fn say(&self, mut command: Command, status: i32, words: &[&str]) -> Outcome {
        command.current_dir(self.folder());
        let (output, told) = finish(&mut command, "")?;
        let said = told + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{command:?}\n{said}");
        for word in words {
            assert!(
                said.contains(word),
                "{command:?}: {word:?} is not in\n{said}"
            );
        }
        assert!(
            !said.contains(&self.key),
            "a license key is a secret: {said}"
        );
        Ok(())
    }
}

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(path)
}

fn notes(sold: &Sold, way: Way) -> Result<Program, Failure> {
    let sources = ["c/notes.c", "c/license.c"].map(example);
    Program::compile(&sources, "c99", Library::Client, way, &sold.defines())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_c_example_lives_through_a_customers_year() -> Outcome {
    let mut sold = Sold::set().await?;
    let program = notes(&sold, Way::Sanitized)?;
    let user = |verb: &[&str]| program.command(Path::new("."), verb);
    let key = sold.key.clone();

    sold.say(
        user(&["license"]),
        1,
        &["no license here yet", "Enter a license key"],
    )?;
    sold.say(user(&["add", "Buy milk"]), 0, &[])?;
    sold.say(user(&["export", "out.txt"]), 1, &["part of a paid plan"])?;
    sold.say(
        user(&["machines"]),
        1,
        &["Sorry: there is no license here to do that with"],
    )?;
    let mistyped = key.replacen('-', "-0", 1);
    sold.say(
        user(&["activate", &mistyped]),
        1,
        &["Sorry: ", "Compare the key"],
    )?;

    // Friends have every seat.
    for friend in ["one", "two", "three"] {
        let computer = sold.stage.computer(friend).await?;
        computer.client.activate(&key).await?;
    }
    let mut full = program.command(sold.folder(), &["activate", &key]);
    let (output, _) = finish(&mut full, "")?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("seat of the license is taken (3 of 3)")
            && said.contains("notes activate KEY MACHINE")
    );
    let seat = said
        .lines()
        .find(|it| it.ends_with("one's"))
        .ok_or_else(|| said.clone())?;
    let seat = seat.split_whitespace().next().ok_or("no seat")?;
    sold.say(
        user(&["activate", &key, seat]),
        0,
        &["growth_policy: ", "works offline until"],
    )?;
    sold.say(user(&["export", "out.txt"]), 0, &["out.txt is written"])?;
    let exported = std::fs::read_to_string(sold.folder().join("out.txt"))?;
    assert!(exported.contains("Buy milk"), "{exported}");
    sold.say(user(&["machines"]), 0, &["(this one)", "two's"])?;
    sold.say(user(&["refresh"]), 0, &["The license is valid"])?;

    // No network: whoever has paid goes on.
    sold.stage.switch_off().await?;
    sold.say(
        user(&["refresh"]),
        1,
        &["could not be reached", "Check the connection"],
    )?;
    sold.say(user(&["export", "out.txt"]), 0, &["is written"])?;
    sold.say(user(&["license"]), 0, &["not been reached since"])?;
    sold.stage.switch_on().await?;

    sold.say(user(&["deactivate"]), 0, &["seat is free"])?;
    sold.say(user(&["export", "out.txt"]), 1, &["part of a paid plan"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_c_example_works_without_a_network_and_without_a_disk() -> Outcome {
    let sold = Sold::set().await?;
    let program = notes(&sold, Way::Sanitized)?;
    let mut request = program.command(sold.folder(), &["request", &sold.key]);
    let request = run(&mut request, "")?;
    let url = format!("{}/api/v1/offline/activate", sold.issuer);
    let body = json!({ "request": request.trim() });
    let reply = reqwest::Client::new().post(url).json(&body).send().await?;
    let reply: serde_json::Value = serde_json::from_str(&reply.text().await?)?;
    let response = reply["data"]["response"].as_str().ok_or("no response")?;
    std::fs::write(sold.folder().join("license.lic"), response)?;
    let user = |verb: &[&str]| program.command(Path::new("."), verb);
    sold.say(
        user(&["install", "none.lic"]),
        1,
        &["none.lic: No such file"],
    )?;
    sold.say(
        user(&["install", "license.lic"]),
        0,
        &["The license is valid"],
    )?;
    sold.say(user(&["export", "out.txt"]), 0, &["is written"])?;
    // A response is good once, for the request that it answers.
    sold.say(user(&["request"]), 0, &["PAIDUP-REQUEST-1."])?;
    std::fs::write(sold.folder().join("license.lic"), &response[..200])?;
    sold.say(
        user(&["install", "license.lic"]),
        1,
        &["Sorry: ", "import the whole of it"],
    )?;

    // Where its folder should be is a file.
    let elsewhere = tempfile::tempdir()?;
    for folder in ["state", "witness"] {
        std::fs::write(elsewhere.path().join(folder), "in the way")?;
    }
    let mut command = program.command(elsewhere.path(), &["activate", &sold.key]);
    let (output, told) = finish(&mut command, "")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.contains("is valid"),
        "{told}{complaint}"
    );
    assert!(complaint.contains("could not be saved"), "{complaint}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_c_example_leaves_nothing_for_valgrind() -> Outcome {
    let sold = Sold::set().await?;
    let program = notes(&sold, Way::Valgrind)?;
    let user = |verb: &[&str]| program.command(Path::new("."), verb);
    sold.say(user(&["activate", &sold.key]), 0, &["The license is valid"])?;
    sold.say(user(&["deactivate"]), 0, &["seat is free"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cpp_example_sells_a_folder_of_thumbnails() -> Outcome {
    for way in EACH_WAY {
        let mut sold = Sold::set().await?;
        let source = [example("cpp/thumbnails.cpp")];
        let program = Program::compile(&source, "c++17", Library::Client, way, &sold.defines())?;
        let user = |verb: &[&str]| program.command(Path::new("."), verb);
        sold.say(user(&["NOTES-12345"]), 1, &["Sorry: ", "Compare the key"])?;
        sold.say(user(&[&sold.key]), 0, &["thanks to growth_policy"])?;
        // Under valgrind each takes its time.
        if matches!(way, Way::Sanitized) {
            sold.say(user(&[]), 0, &["thanks to growth_policy"])?;
            sold.stage.switch_off().await?;
            sold.say(user(&[]), 0, &["thanks to growth_policy"])?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_example_needs_no_compiler() -> Outcome {
    let sold = Sold::set().await?;
    let build = json!({
        "issuer": sold.issuer, "roots": [sold.root], "test": true,
        "folders": ["state", "witness"],
    });
    std::fs::write(sold.folder().join("app.json"), build.to_string())?;
    let user = |key: &[&str]| {
        let mut command = Command::new("python3");
        command
            .arg("-B")
            .arg(example("python/report.py"))
            .arg("app.json")
            .args(key)
            .env(
                "PAIDUP_LIBRARY",
                Library::Client.prefix().join("lib/libpaidup.so.0.1"),
            );
        command
    };
    sold.say(user(&[]), 1, &["71 in 3 months", "part of a paid plan"])?;
    sold.say(user(&["NOTES-12345"]), 1, &["Sorry: ", "Compare the key"])?;
    sold.say(user(&[&sold.key]), 0, &["February     23"])?;
    sold.say(user(&[]), 0, &["March        31"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_csharp_example_runs_on_mono() -> Outcome {
    let sold = Sold::set().await?;
    let vendor = std::fs::read_to_string(example("csharp/Vendor.cs"))?
        .replace("https://licenses.example.com", &sold.issuer)
        .replace("1-1KDvGaI4OlzbxBVx_o2jRt-IjHZr8sWPTon7PNJlY", &sold.root)
        .replace("Test = false", "Test = true")
        .replace("Folder = null", "Folder = \".\"");
    std::fs::write(sold.folder().join("Vendor.cs"), vendor)?;
    let mut compile = Command::new("mcs");
    compile
        .args([
            "-warnaserror",
            "-nowarn:162",
            "-out:invoices.exe",
            "Vendor.cs",
        ])
        .args(["csharp/Invoices.cs", "csharp/Paidup.cs"].map(example))
        .current_dir(sold.folder());
    run(&mut compile, "")?;
    let user = |key: &[&str]| {
        let mut command = Command::new("mono");
        command
            .arg("invoices.exe")
            .args(key)
            .env("LD_LIBRARY_PATH", Library::Client.prefix().join("lib"));
        command
    };
    sold.say(user(&[]), 1, &["Invoice 1", "part of a paid plan"])?;
    sold.say(user(&["NOTES-12345"]), 1, &["Sorry: ", "Compare the key"])?;
    sold.say(user(&[&sold.key]), 0, &["thanks to growth_policy"])?;
    sold.say(user(&[]), 0, &["thanks to growth_policy"])?;
    Ok(())
}
