//! The notes themselves: one line each, in a file of the user's.

use std::io;
use std::path::{Path, PathBuf};

/// The notes, and where they are.
#[derive(Debug, Default)]
pub struct Notes {
    path: Option<PathBuf>,
    lines: Vec<String>,
}

impl Notes {
    /// Opens a file of notes; where there is none, it is made with the first note.
    ///
    /// # Errors
    /// Where the file is there and cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let lines = match std::fs::read_to_string(path) {
            Ok(text) => text.lines().map(str::to_owned).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        Ok(Self {
            path: Some(path.to_owned()),
            lines,
        })
    }

    /// Every note, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// Writes a note down.
    ///
    /// # Errors
    /// Where the file cannot be written; the note is kept for as long as the app runs.
    pub fn add(&mut self, line: &str) -> io::Result<()> {
        self.lines.push(line.to_owned());
        match &self.path {
            Some(path) => std::fs::write(path, self.lines.join("\n") + "\n"),
            None => Ok(()),
        }
    }

    /// Writes all notes as a web page.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn export(&self, path: &Path) -> io::Result<()> {
        let escape = |it: &str| it.replace('&', "&amp;").replace('<', "&lt;");
        let items: String = self
            .iter()
            .map(|it| format!("<li>{}</li>\n", escape(it)))
            .collect();
        let page = format!("<!doctype html>\n<title>Notes</title>\n<ul>\n{items}</ul>\n");
        std::fs::write(path, page)
    }
}
