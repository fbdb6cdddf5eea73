//! What the user does, and what the app does then.

use std::path::PathBuf;

use paidup::blocking::Client;
use paidup::{ClientError, Event, MachineInfo};
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use crate::notes::Notes;
use crate::task::{Done, Task, failed};

const EXPORT: &str = "notes.html";
const RESPONSE: &str = "license.lic";

/// The app, as it stands.
#[derive(Debug)]
pub struct App {
    pub(crate) client: Client,
    pub(crate) notes: Notes,
    pub(crate) screen: Screen,
    /// Where exports go, and license files are looked for.
    folder: PathBuf,
    /// The last thing that was said to the user.
    pub(crate) said: String,
    pub(crate) under_way: Option<Task>,
    /// The key that was typed last, until it has opened a license.
    typed: String,
    quit: bool,
}

/// What is on the screen.
#[derive(Debug)]
pub(crate) enum Screen {
    Notes,
    /// A note is being typed.
    Writing(String),
    /// The license dialogue; a key is being typed.
    License(String),
    /// The seats, and which one is chosen.
    Machines(Vec<MachineInfo>, usize),
    /// A request to carry to the vendor.
    Offline(String),
}

impl App {
    /// An app with its notes, in a folder for its files.
    #[must_use]
    pub fn new(client: Client, notes: Notes, folder: impl Into<PathBuf>) -> Self {
        Self {
            client,
            notes,
            folder: folder.into(),
            screen: Screen::Notes,
            said: String::new(),
            under_way: None,
            typed: String::new(),
            quit: false,
        }
    }

    /// Its license.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether its user has had enough.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.quit
    }

    /// Whether the license server is being asked.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Takes in what happened beside the drawing.
    pub fn tick(&mut self) {
        if let Some(done) = self.under_way.as_ref().and_then(Task::look) {
            self.under_way = None;
            self.take(done);
        }
        if self.client.events().contains(&Event::NotStored) {
            self.said = "The license works, and could not be saved: it will be asked for \
                         again. Check the disk."
                .to_owned();
        }
    }

    fn take(&mut self, done: Done) {
        match done {
            Done::Said(text) => self.said = text,
            Done::Activated => {
                self.typed.clear();
                // The license of a good key may be of no use: suspended, for instance.
                self.said = match self.client.check().usable() {
                    true => "Thank you. This machine is activated.",
                    false => "The key is right, but its license cannot be used now.",
                }
                .to_owned();
            }
            Done::Machines(text, machines) => {
                self.said = text;
                self.screen = Screen::Machines(machines, 0);
            }
        }
    }

    /// The paid part: asks once, where it matters.
    pub fn export(&mut self) {
        self.said = if self.client.allows("export") {
            match self.notes.export(&self.folder.join(EXPORT)) {
                Ok(()) => format!("{EXPORT} is written."),
                Err(error) => format!("{EXPORT} cannot be written: {error}."),
            }
        } else {
            "Exporting is part of a paid plan. Press l to enter a license key.".to_owned()
        };
    }

    /// A key was pressed.
    pub fn press(&mut self, key: KeyEvent) {
        let screen = std::mem::replace(&mut self.screen, Screen::Notes);
        self.screen = match screen {
            Screen::Notes => self.on_notes(key.code),
            Screen::Writing(text) => self.on_writing(text, key.code),
            Screen::License(typed) => self.on_license(typed, key.code),
            Screen::Machines(machines, at) => self.on_machines(machines, at, key.code),
            Screen::Offline(request) => self.on_offline(request, key.code),
        };
    }

    fn on_notes(&mut self, key: KeyCode) -> Screen {
        match key {
            KeyCode::Char('n') => return Screen::Writing(String::new()),
            KeyCode::Char('e') => self.export(),
            KeyCode::Char('l') => return Screen::License(String::new()),
            KeyCode::Char('q') => self.quit = true,
            _ => {}
        }
        Screen::Notes
    }

    fn on_writing(&mut self, mut text: String, key: KeyCode) -> Screen {
        match key {
            KeyCode::Enter => {
                if let Err(error) = self.notes.add(&text) {
                    self.said = format!("The note cannot be saved: {error}.");
                }
                return Screen::Notes;
            }
            KeyCode::Esc => return Screen::Notes,
            key => edit(&mut text, key),
        }
        Screen::Writing(text)
    }

    fn on_license(&mut self, mut typed: String, key: KeyCode) -> Screen {
        match key {
            KeyCode::Esc => return Screen::Notes,
            KeyCode::Enter => {
                self.typed.clone_from(&typed);
                self.ask(move |it| {
                    it.activate(&typed)?;
                    Ok(Done::Activated)
                });
                return Screen::Notes;
            }
            KeyCode::F(2) => self.ask(|it| {
                it.refresh()?;
                Ok(Done::Said("The license server has been asked.".to_owned()))
            }),
            KeyCode::F(3) => self.ask(|it| {
                let machines = it.machines()?;
                Ok(Done::Machines(
                    "Enter frees the seat of a machine.".to_owned(),
                    machines,
                ))
            }),
            KeyCode::F(4) => {
                let key = Some(typed.trim()).filter(|it| !it.is_empty());
                match self.client.offline_request(key) {
                    Ok(request) => return Screen::Offline(request),
                    Err(error) => self.take(failed(&error)),
                }
            }
            KeyCode::F(5) => self.install(),
            KeyCode::F(8) => self.ask(|it| {
                it.deactivate()?;
                let text = "This machine's seat is free. The key works on another one now.";
                Ok(Done::Said(text.to_owned()))
            }),
            key => edit(&mut typed, key),
        }
        Screen::License(typed)
    }

    fn on_machines(&mut self, machines: Vec<MachineInfo>, at: usize, key: KeyCode) -> Screen {
        let at = match key {
            KeyCode::Esc => return Screen::License(String::new()),
            KeyCode::Down => at.saturating_add(1).min(machines.len().saturating_sub(1)),
            KeyCode::Up => at.saturating_sub(1),
            KeyCode::Enter => {
                let Some(id) = machines.get(at).map(|it| it.id.clone()) else {
                    return Screen::Notes;
                };
                self.ask(move |it| {
                    it.free(&id)?;
                    Ok(Done::Said("The seat is free.".to_owned()))
                });
                return Screen::License(std::mem::take(&mut self.typed));
            }
            _ => at,
        };
        Screen::Machines(machines, at)
    }

    fn on_offline(&mut self, request: String, key: KeyCode) -> Screen {
        match key {
            KeyCode::Esc => return Screen::Notes,
            KeyCode::F(5) => {
                self.install();
                return Screen::Notes;
            }
            _ => {}
        }
        Screen::Offline(request)
    }

    /// Installs the file that lies beside the app.
    fn install(&mut self) {
        self.said = match std::fs::read_to_string(self.folder.join(RESPONSE)) {
            Err(error) => format!("Put the response beside the app as {RESPONSE}: {error}."),
            Ok(text) => match self.client.offline_install(&text) {
                Ok(_) => format!("{RESPONSE} is installed."),
                Err(error) => {
                    self.take(failed(&error));
                    return;
                }
            },
        };
    }

    fn ask(&mut self, work: impl FnOnce(&Client) -> Result<Done, ClientError> + Send + 'static) {
        if self.under_way.is_none() {
            self.said.clear();
            self.under_way = Some(Task::start(&self.client, work));
        }
    }
}

fn edit(text: &mut String, key: KeyCode) {
    match key {
        KeyCode::Char(it) => text.push(it),
        KeyCode::Backspace => {
            text.pop();
        }
        _ => {}
    }
}
