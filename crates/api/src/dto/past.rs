//! Why it was as it was: the route requests of an interaction that is over, whom they were offered
//! to and why, told from its history.

use super::offer::{OfferView, not_taken};
use super::route::{RequestView, cancelled};
use super::text;
use crate::names::Known;
use crate::text::Time;
use ringback_model::{Event, OfferId, RouteRequestId, offer, route};
use ringback_ports::records::HistoryRow;
use serde::Serialize;
use utoipa::ToSchema;

/// A route request that is over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastRequestView {
    /// As it was last.
    request: RequestView,
    /// Whom it was offered to, in order.
    offers: Vec<PastOfferView>,
    /// `answered`, or why it ended otherwise: `asked`, `matched_elsewhere`, `interaction_stopped`,
    /// `taken_out` or `timed_out`. Absent where the records reach no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "answered")]
    ended: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}

/// An offer that is over.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PastOfferView {
    /// The offer, with the decision that led to it.
    offer: OfferView,
    /// `accepted`, `rejected`, `lapsed`, `desk_gone`, `withdrawn`, `interaction_stopped` or
    /// `taken_out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "lapsed")]
    ended: Option<&'static str>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}

/// What the history of an interaction tells of its requests.
#[derive(Debug, Default)]
pub(crate) struct Past {
    requests: Vec<(RouteRequestId, PastRequestView)>,
    /// Which request each offer belongs to, and which offer of it that is.
    offers: Vec<(OfferId, RouteRequestId, usize)>,
}

impl Past {
    /// Reads one more line.
    pub(crate) fn read(&mut self, known: &Known, row: &HistoryRow) {
        let at = Time::of(row.now);
        match &row.event {
            Event::Route(route::Event::Requested { request, .. }) => {
                let view = PastRequestView {
                    request: RequestView::of_request(known, request),
                    offers: Vec::new(),
                    ended: None,
                    ended_at: None,
                };
                self.requests.push((request.id, view));
            }
            Event::Route(route::Event::Changed { request, .. }) => {
                if let Some(found) = self.request(request.id) {
                    found.request = RequestView::of_request(known, request);
                }
            }
            Event::Route(route::Event::Widened { request, step, .. }) => {
                if let Some(found) = self.request(*request) {
                    found.request.widened(*step);
                }
            }
            Event::Route(route::Event::Cancelled { request, cause, .. }) => {
                self.ends(*request, cancelled(*cause), at);
            }
            Event::Offer(event) => self.offered(event, at),
            _ => {}
        }
    }

    fn offered(&mut self, event: &offer::Event, at: Time) {
        match event {
            offer::Event::Made { offer, .. } => {
                let Some(id) = offer.request else { return };
                let Some(found) = self.request(id) else {
                    return;
                };
                let place = found.offers.len();
                found.offers.push(PastOfferView {
                    offer: OfferView::from(&**offer),
                    ended: None,
                    reason: None,
                    ended_at: None,
                });
                self.offers.push((offer.id, id, place));
            }
            offer::Event::Accepted { offer, .. } => {
                if let Some(request) = self.offer_ends(*offer, "accepted", None, at) {
                    self.ends(request, "answered", at);
                }
            }
            offer::Event::NotTaken { offer, how, .. } => {
                let (how, reason) = not_taken(how);
                self.offer_ends(*offer, how, reason.map(text), at);
            }
        }
    }

    fn request(&mut self, id: RouteRequestId) -> Option<&mut PastRequestView> {
        let mut all = self.requests.iter_mut();
        all.find(|(of, _)| *of == id).map(|(_, view)| view)
    }

    fn ends(&mut self, id: RouteRequestId, how: &'static str, at: Time) {
        if let Some(request) = self.request(id) {
            (request.ended, request.ended_at) = (Some(how), Some(at));
        }
    }

    /// The request it belongs to.
    fn offer_ends(
        &mut self,
        id: OfferId,
        how: &'static str,
        reason: Option<String>,
        at: Time,
    ) -> Option<RouteRequestId> {
        let (_, request, place) = *self.offers.iter().find(|(of, ..)| *of == id)?;
        let offer = self.request(request)?.offers.get_mut(place)?;
        (offer.ended, offer.reason, offer.ended_at) = (Some(how), reason, Some(at));
        Some(request)
    }

    /// All requests, in the order in which they were made.
    pub(crate) fn told(self) -> Vec<PastRequestView> {
        self.requests.into_iter().map(|(_, view)| view).collect()
    }
}
