//! How the board looks; fits on 80 columns and 24 lines.

use super::board::{Agent, Board, Line as VirtualQueue};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Row, Table};

/// Lines that are always there: the title, the numbers, two table heads, two gaps, the head of
/// the events, the foot.
const FIXED: u16 = 8;
const EVENTS_MIN: u16 = 4;
const LINES_MAX: u16 = 8;

/// A height at which everything is seen.
pub(super) fn height_of_all(board: &Board) -> u16 {
    let picture = board.picture();
    let rows = picture.lines.len() + picture.agents.len() + board.ticker().count();
    u16::try_from(rows)
        .unwrap_or(u16::MAX)
        .saturating_add(FIXED + EVENTS_MIN)
        .clamp(24, 400)
}

/// Draws the whole screen.
pub(super) fn draw(frame: &mut Frame, board: &Board) {
    let lines = u16::try_from(board.picture().lines.len()).unwrap_or(LINES_MAX);
    // On a large screen all virtual queues are seen, on a small one the first few.
    let room = frame.area().height.saturating_sub(FIXED + EVENTS_MIN) / 2;
    let lines = lines.min(room.max(LINES_MAX)).max(1);
    let agents = u16::try_from(board.picture().agents.len()).unwrap_or(u16::MAX);
    let left = frame.area().height.saturating_sub(FIXED + lines);
    let agents = agents.clamp(1, left.saturating_sub(EVENTS_MIN).max(1));
    let [title, numbers, queues, people, events, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(2),
        Constraint::Length(lines + 2),
        Constraint::Length(agents + 2),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    draw_title(frame, title, board);
    frame.render_widget(numbers_of(board), numbers);
    draw_queues(frame, queues, board);
    draw_agents(frame, people, board.agents());
    draw_events(frame, events, board);
    let keys = " q end   p pause   arrows move through the agents";
    frame.render_widget(Paragraph::new(keys).style(faint()), foot);
}

fn faint() -> Style {
    Style::new().fg(Color::DarkGray)
}

fn head() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn alarm() -> Style {
    Style::new().fg(Color::Red).add_modifier(Modifier::BOLD)
}

fn draw_title(frame: &mut Frame, area: Rect, board: &Board) {
    let mut spans = vec![
        Span::styled("Ringback ", head()),
        Span::raw(board.base().to_owned()),
    ];
    if board.is_paused() {
        spans.push(Span::styled("  PAUSED", alarm()));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The numbers, and below them what is wrong.
fn numbers_of(board: &Board) -> Paragraph<'_> {
    let overview = &board.picture().overview;
    let text = format!(
        "open {}: routing {}, offered {}, handled {}   submitted {}   agents in {}",
        overview.open,
        overview.routing,
        overview.offered,
        overview.handling,
        overview.submitted,
        overview.logged_in
    );
    let mut spans = vec![Span::raw(text)];
    if overview.effects.parked > 0 {
        let parked = format!("   parked {}", overview.effects.parked);
        spans.push(Span::styled(parked, alarm()));
    }
    let problem = board
        .problem()
        .map(|problem| Line::styled(format!("{problem}; trying again"), alarm()));
    let lines: Vec<Line> = std::iter::once(Line::from(spans)).chain(problem).collect();
    Paragraph::new(lines)
}

fn draw_queues(frame: &mut Frame, area: Rect, board: &Board) {
    let engine_ms = board.picture().overview.engine_ms;
    let rows = board.picture().lines.iter().map(|line| {
        let row = Row::new([
            line.name.clone(),
            format!("{:>7}", line.waiting),
            format!("{:>9}", oldest(line, engine_ms)),
            format!("{:>7}", line.offered),
            format!("{:>9}", line.entered),
            format!("{:>9}", line.left),
        ]);
        if line.waiting > 0 {
            row
        } else {
            row.style(faint())
        }
    });
    let heads = [
        "virtual queue",
        "waiting",
        "   oldest",
        "offered",
        "  entered",
        "     left",
    ];
    let widths = [
        Constraint::Min(20),
        Constraint::Length(7),
        Constraint::Length(9),
        Constraint::Length(7),
        Constraint::Length(9),
        Constraint::Length(9),
    ];
    let table = Table::new(rows, widths).header(Row::new(heads).style(head()));
    frame.render_widget(table, area);
}

/// How long the first in line has waited.
fn oldest(line: &VirtualQueue, engine_ms: u64) -> String {
    match line.oldest_engine_ms {
        // The two numbers are of two questions: the wait may seem a moment below zero.
        Some(since) => duration(engine_ms.saturating_sub(since)),
        None => String::new(),
    }
}

fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m}:{s:02}"),
        (h, m, s) => format!("{h}:{m:02}:{s:02}"),
    }
}

fn draw_agents(frame: &mut Frame, area: Rect, agents: &[Agent]) {
    let rows = agents.iter().map(|agent| {
        let state = agent.state();
        let style = match state.as_str() {
            "ready" => Style::new().fg(Color::Green),
            "logged out" => faint(),
            _ => Style::new().fg(Color::Yellow),
        };
        Row::new([
            Span::raw(agent.name.clone()),
            Span::styled(state, style),
            Span::raw(agent.is_offered()),
            Span::raw(agent.in_hand()),
        ])
    });
    let widths = [
        Constraint::Length(16),
        Constraint::Length(26),
        Constraint::Length(12),
        Constraint::Min(10),
    ];
    let heads = Row::new(["agent", "state", "offered", "in hand"]).style(head());
    frame.render_widget(Table::new(rows, widths).header(heads), area);
}

fn draw_events(frame: &mut Frame, area: Rect, board: &Board) {
    let heads = Line::styled("events", head());
    let events = board.ticker().map(Line::raw);
    let text: Vec<Line> = std::iter::once(heads).chain(events).collect();
    frame.render_widget(Paragraph::new(text), area);
}

#[cfg(test)]
mod tests {
    use super::super::board::Update;
    use super::super::board::tests::example;
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn picture(board: &Board, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, board)).unwrap();
        let content = &terminal.backend().buffer().content;
        let lines = content.chunks(usize::from(width)).map(|line| {
            let text: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
            text.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn everything_is_seen_on_a_small_terminal() {
        let text = picture(&example(), 80, 24);
        for part in [
            "Ringback http://127.0.0.1:8080",
            "open 12: routing 5, offered 1, handled 6   submitted 340   agents in 2",
            "sales-line",
            "4      1:15",
            "ready but voice: missed",
            "i37",
            "logged out",
            "09:00:01 offer.made             i41 sales anna",
            "q end",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_server_that_is_gone_is_told_on_a_small_terminal() {
        let mut board = example();
        let problem = "no answer from http://127.0.0.1:8080: Connection refused";
        board.take(Update::Problem(problem.to_owned()));
        let text = picture(&board, 80, 24);
        assert!(text.contains(&format!("{problem}; trying again")), "{text}");
        assert!(
            text.contains("sales-line"),
            "the last picture stays:\n{text}"
        );
    }

    #[test]
    fn a_tiny_terminal_does_not_break_it() {
        for (width, height) in [(1, 1), (20, 5), (80, 10)] {
            picture(&example(), width, height);
        }
    }

    #[test]
    fn waits_read_well() {
        assert_eq!(duration(9_999), "9 s");
        assert_eq!(duration(75_000), "1:15");
        assert_eq!(duration(3_661_000), "1:01:01");
    }
}
