//! Reading a list of targets.

use super::{Notice, TargetItem, TargetKind, Targets, TargetsError, TargetsProblem, Threshold};
use crate::name::Name;
use crate::scan::Scanner;
use crate::target::expression::Expression;
use crate::target::read::{Dialect, comparison, is_name_char, read_part};

pub(super) fn targets(text: &str) -> Result<(Targets, Vec<Notice>), TargetsError> {
    if text.len() > Targets::BYTES_MAX {
        return Err(TargetsProblem::TooLong.at(Targets::BYTES_MAX + 1));
    }
    let mut reader = Reader {
        scanner: Scanner::new(text),
        notices: Vec::new(),
    };
    if reader.scanner.is_done() {
        return Err(TargetsProblem::Empty.at(reader.scanner.place()));
    }
    let mut any_of = vec![reader.item()?];
    while reader.scanner.take(",") {
        if any_of.len() == Targets::ITEMS_MAX {
            return Err(TargetsProblem::TooMany.at(reader.scanner.place()));
        }
        any_of.push(reader.item()?);
    }
    if !reader.scanner.is_done() {
        return Err(reader.expected("',' or the end"));
    }
    Ok((Targets { any_of }, reader.notices))
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    notices: Vec<Notice>,
}

/// The type of a target, where its kind does not follow from its form.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Agent,
    Group,
    Queue,
    QueueGroup,
}

impl<'a> Reader<'a> {
    fn item(&mut self) -> Result<TargetItem, TargetsError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let threshold = self.threshold()?;
        let weight = self.weight()?;
        let of = if self.scanner.take("?") {
            self.skills()?
        } else {
            self.named()?
        };
        let item = TargetItem {
            threshold,
            weight,
            of,
        };
        item.check().map_err(|problem| problem.at(place))?;
        Ok(item)
    }

    /// `{statistic op number}`
    fn threshold(&mut self) -> Result<Option<Threshold>, TargetsError> {
        if !self.scanner.take("{") {
            return Ok(None);
        }
        self.scanner.skip_space();
        let place = self.scanner.place();
        let word = self.scanner.word();
        if word.is_empty() {
            return Err(self.expected("the name of a statistic"));
        }
        let statistic = word
            .parse()
            .map_err(|unknown| TargetsProblem::UnknownStatistic(unknown).at(place))?;
        let Some(comparison) = comparison(&mut self.scanner) else {
            return Err(self.expected("one of = != > >= < <="));
        };
        let (place, digits) = self.scanner.digits();
        let number = digits
            .parse()
            .map_err(|_| TargetsProblem::Number { max: u32::MAX }.at(place))?;
        if !self.scanner.take("}") {
            return Err(self.expected("'}'"));
        }
        Ok(Some(Threshold {
            statistic,
            comparison,
            number,
        }))
    }

    /// `[weight]`
    fn weight(&mut self) -> Result<Option<u8>, TargetsError> {
        if !self.scanner.take("[") {
            return Ok(None);
        }
        let (place, digits) = self.scanner.digits();
        let weight = digits.parse().ok();
        let Some(weight) = weight.filter(|weight| *weight <= Targets::WEIGHT_MAX) else {
            return Err(TargetsProblem::Weight.at(place));
        };
        if !self.scanner.take("]") {
            return Err(self.expected("']'"));
        }
        Ok(Some(weight))
    }

    /// `name:expression`, after the `?`.
    fn skills(&mut self) -> Result<TargetKind, TargetsError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let name = match self.scanner.run(is_name_char) {
            "" => None,
            name => Some(parsed_name(name, place)?),
        };
        if !self.scanner.take(":") {
            return Err(self.expected("':' before the skill expression"));
        }
        let expression = self.expression()?;
        self.scanner.skip_space();
        let place = self.scanner.place();
        let kind = if self.scanner.take("@") {
            let (place, kind) = self.server_and_type()?;
            Some(typed(kind, place)?)
        } else if self.scanner.take(".") {
            let kind = self.scanner.run(|c| c.is_ascii_alphanumeric());
            Some(typed(kind, place + 1)?)
        } else {
            None
        };
        if kind.is_some_and(|kind| kind != Type::Group) {
            let expected = "type GA: whoever has these skills is a group of agents";
            return Err(TargetsProblem::Expression(format!("expected {expected}")).at(place));
        }
        Ok(TargetKind::Skills { name, expression })
    }

    /// The expression of a skill target; empty if it stops at once, which means everybody.
    fn expression(&mut self) -> Result<Expression, TargetsError> {
        self.scanner.skip_space();
        if matches!(self.scanner.peek(), None | Some('@' | '.' | ',')) {
            return Ok(Expression::anyone());
        }
        let (expression, readings) = read_part(&mut self.scanner, Dialect::Target)?;
        self.notices.extend(readings.map(Notice::TwoReadings));
        Ok(expression)
    }

    /// `name@server.type` or `name.type`.
    fn named(&mut self) -> Result<TargetKind, TargetsError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let run = self.scanner.run(is_name_char);
        if run.is_empty() {
            return Err(self.expected("the name of a target or '?'"));
        }
        let (name, (type_place, kind)) = if self.scanner.take("@") {
            (run, self.server_and_type()?)
        } else if let Some((name, kind)) = run.rsplit_once('.') {
            (name, (place + name.len() + 1, kind))
        } else {
            return Err(self.expected("'.' and the type of the target, for example .GA"));
        };
        let kind = typed(kind, type_place)?;
        let name = parsed_name(name, place)?;
        Ok(match kind {
            Type::Agent => TargetKind::Agent(name),
            Type::Group => TargetKind::Group(name),
            Type::Queue => TargetKind::Queue(name),
            Type::QueueGroup => TargetKind::QueueGroup(name),
        })
    }

    /// `server.type`, after the `@`: the type and its place. A server that has a name is noted.
    fn server_and_type(&mut self) -> Result<(usize, &'a str), TargetsError> {
        self.scanner.skip_space();
        let place = self.scanner.place();
        let run = self.scanner.run(|c| c != ',').trim_end();
        let Some((server, kind)) = run.rsplit_once('.') else {
            return Err(self.expected("'.' and the type of the target, for example .GA"));
        };
        if !server.is_empty() {
            self.notices.push(Notice::StatServer {
                place,
                name: server.to_owned(),
            });
        }
        Ok((place + server.len() + 1, kind))
    }

    fn expected(&self, expected: &'static str) -> TargetsError {
        let mut scanner = self.scanner;
        scanner.skip_space();
        let found = scanner.found();
        TargetsProblem::Expected { expected, found }.at(scanner.place())
    }
}

fn parsed_name(name: &str, place: usize) -> Result<Name, TargetsError> {
    name.parse()
        .map_err(|error| TargetsProblem::Name(error).at(place))
}

fn typed(kind: &str, place: usize) -> Result<Type, TargetsError> {
    match kind {
        "A" => return Ok(Type::Agent),
        "GA" => return Ok(Type::Group),
        "Q" => return Ok(Type::Queue),
        "GQ" => return Ok(Type::QueueGroup),
        _ => {}
    }
    let not_offered = NOT_OFFERED.iter().find(|(known, ..)| *known == kind);
    Err(match not_offered {
        Some(&(kind, meaning, instead)) => TargetsProblem::NotOffered {
            kind,
            meaning,
            instead,
        },
        None => TargetsProblem::UnknownType(kind.chars().take(40).collect()),
    }
    .at(place))
}

const AGENTS: &str = "an agent is found wherever he works, so use his name with .A or a group \
                      with .GA";
const QUEUES: &str = "calls enter and leave by queues, so use a queue with .Q";
const CAMPAIGNS: &str = "there is no dialling of lists yet";

/// Types, what they mean, and what to use instead until they exist.
const NOT_OFFERED: [(&str, &str, &str); 7] = [
    ("AP", "a place", AGENTS),
    ("GP", "a group of places", AGENTS),
    ("DN", "a number of a switch", QUEUES),
    ("RP", "a routing point", QUEUES),
    ("DL", "a destination label", QUEUES),
    ("C", "a campaign", CAMPAIGNS),
    ("GC", "a group of campaigns", CAMPAIGNS),
];
