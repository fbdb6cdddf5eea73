//! What the user sees.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Clear, List, ListItem, Paragraph, Wrap};

use crate::app::{App, Screen};
use crate::words;

/// Draws the app.
pub fn draw(app: &App, frame: &mut Frame<'_>) {
    let [title, body, license, said, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(5),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    frame.render_widget(Line::from(" Acme Notes").bold().reversed(), title);
    notes(app, frame, body);
    let standing = Paragraph::new(words::standing(&app.client)).wrap(Wrap { trim: true });
    let mark = if app.client.check().usable() {
        "License"
    } else {
        "License: not usable"
    };
    frame.render_widget(standing.block(Block::bordered().title(mark)), license);
    let text = if app.is_busy() {
        "Asking the license server …"
    } else {
        &app.said
    };
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }).bold(), said);
    frame.render_widget(Line::from(hints(&app.screen)).dim(), keys);
    match &app.screen {
        Screen::Notes | Screen::Writing(_) => {}
        Screen::License(typed) => dialogue(typed, frame),
        Screen::Machines(machines, at) => {
            let area = middle(frame.area(), 60, 12);
            let item = |(n, it): (usize, &paidup::MachineInfo)| {
                let this = if it.this_machine {
                    " (this machine)"
                } else {
                    ""
                };
                let name = it.name.as_deref().unwrap_or(&it.id);
                let seen = it
                    .last_seen_at
                    .as_deref()
                    .and_then(|it| it.get(..10))
                    .unwrap_or("");
                let text = format!(
                    "{name}{this}  {}  {seen}",
                    it.platform.as_deref().unwrap_or("")
                );
                let style = match n == *at {
                    true => Style::new().add_modifier(Modifier::REVERSED),
                    false => Style::new(),
                };
                ListItem::new(text).style(style)
            };
            let items = machines.iter().enumerate().map(item);
            let list = List::new(items).block(Block::bordered().title("Machines"));
            frame.render_widget(Clear, area);
            frame.render_widget(list, area);
        }
        Screen::Offline(request) => offline(request, frame),
    }
}

fn notes(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let mut items: Vec<ListItem<'_>> = app.notes.iter().map(ListItem::new).collect();
    if let Screen::Writing(text) = &app.screen {
        items.push(ListItem::new(format!("{text}▏")).bold());
    } else if items.is_empty() {
        items.push(ListItem::new("No notes yet. Press n to write one; that is free.").dim());
    }
    frame.render_widget(
        List::new(items).block(Block::bordered().title("Notes")),
        area,
    );
}

fn dialogue(typed: &str, frame: &mut Frame<'_>) {
    let area = middle(frame.area(), 64, 10);
    let text = Text::from(vec![
        Line::from("License key, from the e-mail you received:"),
        Line::from(format!("{typed}▏")).bold(),
        Line::from(""),
        Line::from("Enter  activate this machine"),
        Line::from("F2     ask the license server now"),
        Line::from("F3     see who has a seat, and free one"),
        Line::from("F4     no network here: make a request to carry"),
        Line::from("F5     install license.lic    F8  give this seat back"),
    ]);
    frame.render_widget(Clear, area);
    let block = Block::bordered().title("License");
    frame.render_widget(Paragraph::new(text).block(block), area);
}

fn offline(request: &str, frame: &mut Frame<'_>) {
    let area = frame.area();
    let mut text = Text::from(vec![
        Line::from("Send this to the vendor, as text or as a picture. It holds your license key:"),
        Line::from("keep it like that. Put the response beside the app as license.lic, press F5."),
        Line::from(""),
    ]);
    text.extend(Text::from(request.to_owned()));
    text.extend(Text::from(""));
    if let Ok(code) = QrCode::with_error_correction_level(request, qrcode::EcLevel::L) {
        // Light on dark, as terminals are, so that a camera sees dark on light.
        let picture = code
            .render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .build();
        let taken = text.height() + request.len() / usize::from(area.width.max(1)) + 2;
        match taken + picture.lines().count() <= usize::from(area.height) {
            true => text.extend(Text::from(picture)),
            false => text.extend(Text::from("Enlarge the window to see the picture.")),
        }
    }
    frame.render_widget(Clear, area);
    let block = Block::bordered().title("Offline request");
    let wrapped = Paragraph::new(text).wrap(Wrap { trim: false });
    frame.render_widget(wrapped.block(block), area);
}

fn hints(screen: &Screen) -> &'static str {
    match screen {
        Screen::Notes => " n new note   e export   l license   q quit",
        Screen::Writing(_) => " Enter keep   Esc drop",
        Screen::License(_) => " Enter activate   Esc back",
        Screen::Machines(..) => " ↑ ↓ choose   Enter free the seat   Esc back",
        Screen::Offline(_) => " F5 install the response   Esc back",
    }
}

fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(area.width);
    let height = height.min(area.height);
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}
