//! Acme Notes as its user sees it, against a running issuer: every state in words.

use std::sync::Arc;
use std::time::Duration;

use example_desktop::{App, Notes, draw};
use paidup::blocking::Client;
use paidup::{MemoryStore, UnixTime};
use paidup_tests::{DAY, Database, Failure, Outcome, Setting, Stage};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

struct Desk {
    app: App,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn open(stage: &Stage, machine: &str) -> Result<Self, Failure> {
        let issuer = &stage.issuer()?.app;
        let root = issuer.root_keys().await?.pop().ok_or("no root")?;
        let clock = stage.clock.clone();
        let client = Client::builder(issuer.issuer(), "notes")
            .url(stage.url()?)
            .root(root.to_base64url())
            .fingerprint(machine)
            .device_name(machine)
            .class(paidup::MachineClass::Desktop)
            .test_mode()
            .clock(move || UnixTime::from_secs(clock.now().0))
            .store(Arc::new(MemoryStore::default()))
            .build_blocking()?;
        let folder = tempfile::tempdir()?;
        let notes = Notes::open(&folder.path().join("notes.txt"))?;
        let app = App::new(client, notes, folder.path());
        Ok(Self { app, folder })
    }

    fn press(&mut self, code: KeyCode) -> &mut Self {
        self.app.press(KeyEvent::from(code));
        self
    }

    fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            self.press(KeyCode::Char(letter));
        }
        self
    }

    /// Waits for the license server.
    async fn wait(&mut self) -> &mut Self {
        while self.app.is_busy() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            self.app.tick();
        }
        self
    }

    async fn activate(&mut self, key: &str) -> &mut Self {
        self.write("l")
            .write(key)
            .press(KeyCode::Enter)
            .wait()
            .await
    }

    async fn refresh(&mut self) -> &mut Self {
        let asked = self.write("l").press(KeyCode::F(2)).wait().await;
        asked.press(KeyCode::Esc)
    }

    fn screen(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(100, 60)).unwrap();
        terminal.draw(|frame| draw(&self.app, frame)).unwrap();
        let text = terminal.backend().to_string();
        // Sentences are wrapped where the window ends.
        let text = text.replace(['"', '│', '─'], " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    fn shows(&self, text: &str) -> &Self {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not on\n{screen}");
        self
    }
}

async fn stage() -> Result<Stage, Failure> {
    let mut setting = Setting::default();
    setting.catalog.max_machines = Some(1);
    let stage = Stage::with(Database::Sqlite, setting).await?;
    stage.make_root().await?;
    Ok(stage)
}

/// Somebody buys: the subscription, and the license key.
async fn bought(stage: &Stage) -> Result<(String, String), Failure> {
    let bought = stage
        .stripe
        .buy("price_growth_monthly", "ada@example.com")
        .await?;
    let created = stage.vendor.first("license.created").await?;
    Ok((bought.subscription, created.text("/data/key").to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_note_to_the_end_of_the_grace() -> Outcome {
    let stage = stage().await?;
    let (subscription, key) = bought(&stage).await?;
    let mut desk = Desk::open(&stage, "desk").await?;
    desk.shows("No notes yet. Press n to write one; that is free.")
        .shows("There is no license here yet. Enter a license key");
    desk.write("n")
        .write("Milk & <bread>")
        .press(KeyCode::Enter)
        .shows("Milk & <bread>");
    desk.write("e")
        .shows("Exporting is part of a paid plan. Press l");

    desk.activate("NOTES-12345").await;
    desk.shows("A license key is a prefix and 25 symbols.");
    desk.activate(&key).await;
    desk.shows("Thank you. This machine is activated.")
        .shows("Growth plan, renews on 21 October 2026. Works offline until 5 October 2026.");
    desk.write("e").shows("notes.html is written.");
    let page = std::fs::read_to_string(desk.folder.path().join("notes.html"))?;
    assert!(page.contains("<li>Milk &amp; &lt;bread></li>"), "{page}");

    stage.stripe.fail_renewal(&subscription).await?;
    stage.vendor.first("license.suspended").await?;
    desk.refresh()
        .await
        .shows("The license is suspended, usually because a payment failed.");
    desk.write("e").shows("Exporting is part of a paid plan");
    stage.stripe.pay_latest_invoice(&subscription).await?;
    stage.vendor.first("license.reinstated").await?;
    desk.refresh().await.shows("Growth plan, renews on");

    stage.stripe.cancel(&subscription).await?;
    stage.vendor.first("license.updated").await?;
    desk.refresh()
        .await
        .shows("Growth plan, canceled. Everything works until 28 September 2026.");
    stage.advance(7 * DAY);
    desk.shows("Growth plan has ended.");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_typed_before_the_payment() -> Outcome {
    let stage = stage().await?;
    let (subscription, key) = bought(&stage).await?;
    stage.stripe.fail_renewal(&subscription).await?;
    stage.vendor.first("license.suspended").await?;
    let mut desk = Desk::open(&stage, "desk").await?;
    desk.activate(&key).await;
    desk.shows("The key is right, but its license cannot be used now.")
        .shows("The license is suspended, usually because a payment failed.");
    stage.stripe.pay_latest_invoice(&subscription).await?;
    stage.vendor.first("license.reinstated").await?;
    desk.refresh().await.shows("Growth plan, renews on");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_license_server_is_away() -> Outcome {
    let mut stage = stage().await?;
    let (_, key) = bought(&stage).await?;
    let mut desk = Desk::open(&stage, "desk").await?;
    desk.activate(&key).await;
    stage.switch_off().await?;
    stage.advance(3 * DAY);
    desk.refresh().await;
    desk.shows("Works offline until 5 October 2026. The license server has not been reached since 24 September 2026.");
    desk.write("e").shows("notes.html is written.");
    stage.advance(11 * DAY);
    desk.shows(
        "The license has not been confirmed for some time, and has to be before it works again. Connect to the internet",
    );
    stage.switch_on().await?;
    desk.refresh()
        .await
        .shows("Works offline until 19 October 2026.");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_seat_is_freed_from_the_new_machine() -> Outcome {
    let stage = stage().await?;
    let (_, key) = bought(&stage).await?;
    let mut old = Desk::open(&stage, "old laptop").await?;
    old.activate(&key).await;
    let mut new = Desk::open(&stage, "new laptop").await?;
    new.activate(&key).await;
    new.shows("Every seat is taken. Choose a machine to free, and activate again.")
        .shows("old laptop");
    new.press(KeyCode::Enter).wait().await;
    // The key that was typed is still there.
    new.shows("The seat is free.");
    new.press(KeyCode::Enter).wait().await;
    new.shows("Thank you. This machine is activated.");
    old.refresh().await;
    old.shows("This machine was deactivated. Enter the license key to activate it again.");

    // Whoever has a seat sees it, and can give it back.
    new.write("l").press(KeyCode::F(3)).wait().await;
    new.shows("new laptop (this machine)");
    new.press(KeyCode::Esc).press(KeyCode::F(8)).wait().await;
    new.shows("This machine's seat is free. The key works on another one now.");
    old.activate(&key).await;
    old.shows("Thank you. This machine is activated.");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_a_network_is_activated_by_hand() -> Outcome {
    let stage = stage().await?;
    let (_, key) = bought(&stage).await?;
    let mut vault = Desk::open(&stage, "vault").await?;
    vault.write("l").write(&key).press(KeyCode::F(4));
    vault
        .shows("It holds your license key")
        .shows("PAIDUP-REQUEST-1.")
        .shows("█");
    vault
        .press(KeyCode::F(5))
        .shows("Put the response beside the app as license.lic");

    let request = vault.app.client().offline_request(Some(&key))?;
    let answered = stage.issuer()?.app.answer_offline(&request).await?;
    let paidup_issuer::app::OfflineAnswer::Response(file) = answered else {
        return Err("no response".into());
    };
    std::fs::write(vault.folder.path().join("license.lic"), &file)?;
    vault.write("l").press(KeyCode::F(5)).press(KeyCode::Esc);
    vault
        .shows("license.lic is installed.")
        .shows("Growth plan, renews on");
    vault.write("l").press(KeyCode::F(5)).press(KeyCode::Esc);
    vault.shows("The reply answers another request");
    Ok(())
}
