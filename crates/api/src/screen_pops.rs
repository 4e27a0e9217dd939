//! The pages of other systems that a desk opens with an offer.

use crate::door::Caller;
use crate::personal;
use crate::problem::Problem;
use crate::state::House;
use ringback_model::config::{PopField, ScreenPop, Template};
use ringback_model::interaction::Interaction;
use ringback_model::offer::Offer;
use ringback_model::value::{Map, Value};
use ringback_ports::envelope::Actor;
use ringback_ports::query::{Query, View};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of another system, with the values of this interaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PopView {
    /// Which screen pop.
    #[schema(example = "crm")]
    name: String,
    /// How people call it.
    title: String,
    /// What to open. Values that were erased are left out.
    #[schema(example = "https://crm.example.com/find?customer=4711")]
    url: String,
}

/// What a desk opens with an offer. Whoever is offered an interaction may see what is known of it,
/// so sealed values are opened for him; numbers are masked as everywhere else.
pub(crate) async fn of_offer(
    house: &House,
    caller: &Caller,
    offer: &Offer,
) -> Result<Vec<PopView>, Problem> {
    let tenant = caller.tenant;
    let pops = house.names.screen_pops(tenant).await?;
    if pops.is_empty() {
        return Ok(Vec::new());
    }
    let node = Arc::new(Actor::node());
    let asked = Query::Interaction(offer.interaction);
    let Ok((_, View::Interaction(found))) = house.hall.query(tenant, node, asked).await else {
        // It is over already; so is the offer.
        return Ok(Vec::new());
    };
    let it = &found.interaction;
    let known = house
        .names
        .with(tenant, |known| known.knows_queue(it.queue))
        .await?;
    let queue = known.queue(it.queue);
    let fits = |pop: &ScreenPop| {
        let queues = pop.queues.is_empty() || pop.queues.iter().any(|it| it.as_str() == queue);
        queues && (pop.media.is_empty() || pop.media.contains(&it.medium))
    };
    let fitting: Vec<_> = pops.iter().filter(|(_, pop)| fits(pop)).collect();
    if fitting.is_empty() {
        return Ok(Vec::new());
    }
    let data = personal::open_all(&*house.hall.vault(), tenant, it, caller.digits_shown)?.map;
    let shown = fitting.into_iter().filter_map(|(name, pop)| {
        // The heart took no template that does not read.
        let template: Template = pop.url.parse().ok()?;
        let url = template.resolve(|field| value(field, it, offer, &queue, &data));
        let title = match pop.display_name.as_str() {
            "" => name.to_string(),
            title => title.to_owned(),
        };
        let name = name.to_string();
        Some(PopView { name, title, url })
    });
    Ok(shown.collect())
}

fn value(
    field: &PopField,
    it: &Interaction,
    offer: &Offer,
    queue: &str,
    data: &Map,
) -> Option<String> {
    match field {
        PopField::Interaction => Some(it.id.to_string()),
        PopField::Medium => Some(it.medium.to_string()),
        PopField::Kind => Some(it.kind.to_string()),
        PopField::Queue => Some(queue.to_owned()),
        PopField::Contact => it.contact.map(|id| id.to_string()),
        PopField::Agent => Some(offer.agent.to_string()),
        PopField::Offer => Some(offer.id.to_string()),
        PopField::User(key) => match data.get(key)? {
            Value::Null | Value::List(_) | Value::Map(_) => None,
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Number(value) => Some(value.get().to_string()),
            Value::Text(value) => Some(value.clone()),
        },
    }
}
