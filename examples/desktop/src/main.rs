//! `example-desktop APP.json`: Acme Notes, built for the issuer whose
//! `paidup keys export` is in that file.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use example_desktop::{App, Build, Notes, build, draw};
use ratatui::crossterm::event::{self, Event, KeyEventKind};

const TICK: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: example-desktop APP.json   (what `paidup keys export` has printed)");
        return ExitCode::from(2);
    };
    match run(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Acme Notes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let with = std::fs::read_to_string(path).map_err(|error| {
        format!("{path}: {error}; `paidup keys export > {path}` makes it, from the issuer's folder")
    })?;
    let with: Build =
        serde_json::from_str(&with).map_err(|error| format!("{path} is of no use: {error}"))?;
    let client = build(&with)?;
    client.start_refreshing();
    let mut app = App::new(client, Notes::open(Path::new("notes.txt"))?, ".");
    let mut terminal = ratatui::try_init()?;
    let outcome = live(&mut app, &mut terminal);
    ratatui::restore();
    Ok(outcome?)
}

fn live(app: &mut App, terminal: &mut ratatui::DefaultTerminal) -> std::io::Result<()> {
    while !app.is_over() {
        terminal.draw(|frame| draw(app, frame))?;
        if event::poll(TICK)?
            && let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            app.press(key);
        }
        app.tick();
    }
    Ok(())
}
