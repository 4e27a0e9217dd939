//! `<send>` (6.2) and the SCXML event processor's side of sending (C.1).

use super::content::Stop;
use super::{Run, Step};
use crate::chart::SendOp;
use crate::datamodel::{Assigned, Failure, View};
use crate::effect::{Effect, Route, Send};
use crate::event::{Event, EventKind};
use crate::limits::Limit;
use crate::platform::{BASIC_HTTP_PROCESSOR, SCXML_PROCESSOR, SendKind, own_address};
use crate::session::Delayed;
use crate::value::Value;

/// Where an event goes, or why nowhere.
enum Destination {
    Internal,
    Route(Route),
    /// `error.communication`.
    Unreachable(String),
}

impl Run<'_> {
    pub(super) fn send(&mut self, index: u32) -> Result<(), Stop> {
        let chart = self.chart;
        let send = &chart.sends[index as usize];
        let sendid = match &send.id {
            Some(id) => self.given(id)?,
            None => format!("send.{}", self.next_id()),
        };
        match self.prepare_and_send(send, &sendid) {
            Err(Stop::Failed(reason)) => Err(Stop::SendFailed { reason, sendid }),
            other => other,
        }
    }

    fn prepare_and_send(&mut self, send: &SendOp, sendid: &str) -> Result<(), Stop> {
        if let Some(location) = send.id_location {
            let view = View {
                chart: self.chart,
                active: &self.session.configuration,
            };
            let id = Value::text(sendid);
            self.data.assign(view, location, Assigned::Value(&id))?;
        }
        let event = send
            .event
            .as_ref()
            .map(|event| self.given(event))
            .transpose()?;
        let target = send
            .target
            .as_ref()
            .map(|target| self.given(target))
            .transpose()?;
        let written_kind = send
            .kind
            .as_ref()
            .map(|kind| self.given(kind))
            .transpose()?;
        let delay_ms = self.delay(send)?;
        let (data, params) = self.payload(&send.payload)?;
        let mut hints = Vec::with_capacity(send.extra.len());
        for (name, given) in &send.extra {
            hints.push((name.clone(), Value::text(self.given(given)?)));
        }

        let written_kind = written_kind.unwrap_or_default();
        let kind = self.platform.send_kind(&written_kind).ok_or_else(|| {
            Failure::new(format!(
                "events of the type `{written_kind}` cannot be sent here"
            ))
        })?;
        let target = target.unwrap_or_default();
        let destination = match kind {
            SendKind::Scxml => self.scxml_destination(&target)?,
            SendKind::BasicHttp if target.is_empty() => {
                Destination::Unreachable("an event by HTTP needs a target (C.2)".to_owned())
            }
            SendKind::BasicHttp => other(BASIC_HTTP_PROCESSOR, target),
            SendKind::Other => other(&written_kind, target),
        };
        if kind == SendKind::Scxml && event.as_deref().is_none_or(str::is_empty) {
            return Err(Failure::new("an event needs a name").into());
        }
        let named = send.id.is_some() || send.id_location.is_some();
        let event = Event {
            sendid: named.then(|| sendid.to_owned()),
            ..Event::new(event.unwrap_or_default(), data)
        };
        let ready = Send {
            route: Route::Own,
            event,
            sendid: sendid.to_owned(),
            params,
            content: send.payload.content.is_some(),
            hints,
        };
        self.dispatch(ready, destination, delay_ms)
    }

    fn dispatch(
        &mut self,
        mut send: Send,
        destination: Destination,
        delay_ms: u64,
    ) -> Result<(), Stop> {
        let route = match destination {
            Destination::Unreachable(reason) => {
                self.error(
                    "error.communication",
                    self.at,
                    "send",
                    &reason,
                    Some(&send.sendid),
                )?;
                return Ok(());
            }
            Destination::Internal if delay_ms > 0 => {
                return Err(Failure::new(
                    "an event for the internal queue cannot be delayed (6.2.4)",
                )
                .into());
            }
            Destination::Internal => {
                send.event.kind = EventKind::Internal;
                return Ok(self.raise(send.event)?);
            }
            Destination::Route(route) => route,
        };
        if !matches!(route, Route::Other { .. }) {
            send.event.origin = Some(own_address(&self.session.id));
            send.event.origintype = Some(SCXML_PROCESSOR.to_owned());
        }
        if route == Route::Parent {
            send.event.invokeid = self
                .session
                .parent
                .as_ref()
                .map(|parent| parent.invokeid.clone());
        }
        send.route = route;
        if delay_ms > 0 {
            return Ok(self.delay_send(send, delay_ms)?);
        }
        if self.cancelling && send.route == Route::Parent {
            return Ok(());
        }
        Ok(self.effect(Effect::Send(Box::new(send)))?)
    }

    fn delay_send(&mut self, send: Send, delay_ms: u64) -> Step {
        if self.session.delayed.len() >= self.platform.limits.delayed {
            return Err(Limit::Delayed);
        }
        let key = self.next_id();
        let due = self.now.saturating_add_unsigned(delay_ms);
        self.session.delayed.push(Delayed { key, due, send });
        Ok(())
    }

    fn delay(&mut self, send: &SendOp) -> Result<u64, Failure> {
        let Some(delay) = &send.delay else {
            return Ok(0);
        };
        let text = self.given(delay)?;
        if text.trim().is_empty() {
            return Ok(0);
        }
        crate::time::duration(&text).ok_or_else(|| {
            Failure::new(format!(
                "`{text}` is no duration; write a number with s or ms"
            ))
        })
    }

    fn is_invoked(&self, name: &str) -> bool {
        self.session
            .invocations
            .iter()
            .any(|known| known.id == name && !known.ended)
    }

    /// C.1.1.
    fn scxml_destination(&self, target: &str) -> Result<Destination, Failure> {
        let own = Destination::Route(Route::Own);
        if target.is_empty() || target == own_address(&self.session.id) {
            return Ok(own);
        }
        Ok(match target.strip_prefix("#_") {
            Some("internal") => Destination::Internal,
            Some("parent") if self.session.parent.is_some() => Destination::Route(Route::Parent),
            Some("parent") => Destination::Unreachable("nobody invoked this session".to_owned()),
            Some(name) => match name.strip_prefix("scxml_") {
                Some(session) if self.reach.session(session) => {
                    Destination::Route(Route::Session(session.to_owned()))
                }
                Some(session) => {
                    Destination::Unreachable(format!("there is no session `{session}`"))
                }
                None if self.is_invoked(name) => {
                    Destination::Route(Route::Invoked(name.to_owned()))
                }
                None => Destination::Unreachable(format!("nothing is invoked as `{name}`")),
            },
            None if has_scheme(target) => other(SCXML_PROCESSOR, target.to_owned()),
            None => {
                return Err(Failure::new(format!(
                    "`{target}` is no address of a session (C.1)"
                )));
            }
        })
    }
}

fn other(kind: &str, target: String) -> Destination {
    Destination::Route(Route::Other {
        kind: kind.to_owned(),
        target,
    })
}

fn has_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.len() > 1
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}
