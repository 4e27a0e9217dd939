//! What the platform around the sessions offers: limits, event processors, services.

use crate::limits::StepLimits;

/// The SCXML event processor (C.1).
pub const SCXML_PROCESSOR: &str = "http://www.w3.org/TR/scxml/#SCXMLEventProcessor";
/// The BasicHTTP event processor (C.2).
pub const BASIC_HTTP_PROCESSOR: &str = "http://www.w3.org/TR/scxml/#BasicHTTPEventProcessor";
/// The type of an invoked SCXML session (6.4.2).
pub const SCXML_SERVICE: &str = "http://www.w3.org/TR/scxml/";

/// What the platform offers to all of its sessions.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    /// What one step may do.
    pub limits: StepLimits,
    /// Where sessions take events by HTTP: the id of the session is put behind it. `None`: they do
    /// not, and `<send>` of that type fails.
    pub basic_http: Option<String>,
    /// Further types that `<send>` may name.
    pub send_types: Vec<String>,
    /// Further types that `<invoke>` may name.
    pub invoke_types: Vec<String>,
}

impl Platform {
    /// `_ioprocessors` of a session: name and address.
    pub fn io_processors(&self, session: &str) -> Vec<(String, String)> {
        let own = own_address(session);
        let mut all = vec![
            (SCXML_PROCESSOR.to_owned(), own.clone()),
            ("scxml".to_owned(), own),
        ];
        if let Some(base) = &self.basic_http {
            let address = format!("{base}{session}");
            all.push((BASIC_HTTP_PROCESSOR.to_owned(), address.clone()));
            all.push(("basichttp".to_owned(), address));
        }
        all
    }

    pub(crate) fn send_kind(&self, kind: &str) -> Option<SendKind> {
        match kind {
            "" | "scxml" | SCXML_PROCESSOR => Some(SendKind::Scxml),
            "basichttp" | BASIC_HTTP_PROCESSOR if self.basic_http.is_some() => {
                Some(SendKind::BasicHttp)
            }
            other => self
                .send_types
                .iter()
                .any(|known| known == other)
                .then_some(SendKind::Other),
        }
    }

    /// The type as the effect says it: empty for SCXML.
    pub(crate) fn invoke_kind(&self, kind: &str) -> Option<String> {
        match kind {
            "" | "scxml" | SCXML_SERVICE | "http://www.w3.org/TR/scxml" => Some(String::new()),
            other => self
                .invoke_types
                .iter()
                .find(|known| *known == other)
                .cloned(),
        }
    }
}

/// Who can be reached at the moment of a step: a fact that is told, because the error for a session that
/// is not there belongs into the internal queue (C.1.1).
pub trait Reach {
    /// Whether there is a session of this id that takes events.
    fn session(&self, id: &str) -> bool;
}

/// Every session that a document names is taken to be there; whoever delivers the event knows better.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everyone;

impl Reach for Everyone {
    fn session(&self, _: &str) -> bool {
        true
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendKind {
    Scxml,
    BasicHttp,
    Other,
}

/// The address of a session for the SCXML event processor.
pub(crate) fn own_address(session: &str) -> String {
    format!("#_scxml_{session}")
}
