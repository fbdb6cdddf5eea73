//! What takes its time is done beside the drawing.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use paidup::blocking::Client;
use paidup::{ClientError, MachineInfo};

/// What came of something that the license server was asked for.
#[derive(Debug)]
pub(crate) enum Done {
    /// A sentence for the user.
    Said(String),
    /// The key was good.
    Activated,
    /// Every seat is taken, or somebody wants to see who has them.
    Machines(String, Vec<MachineInfo>),
}

/// Something that is under way.
#[derive(Debug)]
pub(crate) struct Task(Receiver<Done>);

impl Task {
    pub(crate) fn start(
        client: &Client,
        work: impl FnOnce(&Client) -> Result<Done, ClientError> + Send + 'static,
    ) -> Self {
        let (done, result) = sync_channel(1);
        let client = client.clone();
        thread::spawn(move || {
            let _ = done.send(work(&client).unwrap_or_else(|error| failed(&error)));
        });
        Self(result)
    }

    /// What came of it; absent while it is under way.
    pub(crate) fn look(&self) -> Option<Done> {
        match self.0.try_recv() {
            Ok(done) => Some(done),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Done::Said("That failed.".to_owned())),
        }
    }
}

/// Every error has a sentence, and the way out.
pub(crate) fn failed(error: &ClientError) -> Done {
    match error {
        ClientError::MachineLimit { machines, .. } => Done::Machines(
            "Every seat is taken. Choose a machine to free, and activate again.".to_owned(),
            machines.clone(),
        ),
        other => Done::Said(format!(
            "{}. {}",
            capital(&other.to_string()),
            other.next_step()
        )),
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
