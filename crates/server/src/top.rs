//! The live view: what is shown ([`board`]), how it looks ([`view`]), and where it comes from
//! ([`feed`]).

mod board;
mod feed;
mod view;

use crate::client::Client;
use anyhow::{Context, Result};
use board::Board;
use crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::io::IsTerminal;
use std::time::Duration;

/// How long the screen may stay as it is when a key is pressed or something happens.
const TICK: Duration = Duration::from_millis(100);
/// The width of the plain picture.
const PLAIN_WIDTH: u16 = 100;

/// One picture as plain text.
pub(crate) async fn once(client: &Client) -> Result<String> {
    let mut board = Board::new(client.base());
    board.take(feed::once(client).await);
    if let Some(problem) = board.problem() {
        anyhow::bail!("{problem}");
    }
    plain(&board)
}

fn plain(board: &Board) -> Result<String> {
    let mut terminal = Terminal::new(TestBackend::new(PLAIN_WIDTH, view::height_of_all(board)))?;
    let frame = terminal.draw(|frame| view::draw(frame, board))?;
    let width = usize::from(frame.area.width);
    let lines = frame.buffer.content.chunks(width).map(|line| {
        let text: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        format!("{}\n", text.trim_end())
    });
    Ok(lines.collect())
}

/// Shows the live view until the user ends it.
pub(crate) fn live(runtime: &tokio::runtime::Runtime, client: &Client) -> Result<()> {
    if !std::io::stdout().is_terminal() {
        anyhow::bail!("top needs a terminal; `ringback top --once` prints one picture");
    }
    let (updates, incoming) = std::sync::mpsc::channel();
    runtime.spawn(feed::run(client.clone(), updates));
    let mut board = Board::new(client.base());
    let mut terminal = ratatui::try_init().context("cannot draw on this terminal")?;
    let result = loop {
        for update in incoming.try_iter() {
            board.take(update);
        }
        if let Err(error) = terminal.draw(|frame| view::draw(frame, &board)) {
            break Err(error.into());
        }
        match next_key() {
            Ok(Some(key)) if ends(key) => break Ok(()),
            Ok(Some(key)) => board.press(key.code),
            Ok(None) => {}
            Err(error) => break Err(error.into()),
        }
    };
    ratatui::restore();
    result
}

fn next_key() -> std::io::Result<Option<KeyEvent>> {
    if !event::poll(TICK)? {
        return Ok(None);
    }
    Ok(event::read()?
        .as_key_event()
        .filter(|key| key.kind == KeyEventKind::Press))
}

fn ends(key: KeyEvent) -> bool {
    match key.code {
        KeyCode::Char('q') | KeyCode::Esc => true,
        KeyCode::Char('c') => key.modifiers.contains(KeyModifiers::CONTROL),
        _ => false,
    }
}
