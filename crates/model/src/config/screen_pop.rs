//! Screen pops: pages of other systems that a desk opens with an offer.

use crate::medium::Medium;
use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::str::FromStr;

/// A page of another system that the desk opens when an interaction is offered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreenPop {
    /// How people call it; empty: like its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// The address, with fields in braces: `https://crm.example.com/find?n={user.customer}`.
    pub url: String,
    /// Only for interactions of these queues; none named: of all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub queues: BTreeSet<Name>,
    /// Only for these media; none named: for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub media: BTreeSet<Medium>,
}

/// An address with fields, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Plain(String),
    Field(Field),
}

/// What can stand in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// `interaction`: the id of the interaction.
    Interaction,
    /// `medium`: its medium.
    Medium,
    /// `kind`: its type.
    Kind,
    /// `queue`: the name of the interaction queue it belongs to.
    Queue,
    /// `contact`: the id of the contact.
    Contact,
    /// `agent`: the id of the agent it is offered to.
    Agent,
    /// `offer`: the id of the offer.
    Offer,
    /// `user.KEY`: a value of its user data.
    User(String),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The address begins with something else.
    #[error("begins with none of {}: a desk opens nothing else", SCHEMES.join(" "))]
    Scheme,
    /// There is a space, a control character or a letter that has to be encoded.
    #[error("holds {0:?}, which cannot stand in an address: write it percent-encoded")]
    Character(char),
    /// A brace has no partner.
    #[error("has a brace without its partner: write {{field}}, and a brace itself as %7B or %7D")]
    Brace,
    /// A field stands where it would choose the machine.
    #[error("has the field {{{0}}} before the path: a value must not choose the host")]
    Host(String),
    /// There is no such field.
    #[error(
        "has the unknown field {{{0}}}: known are interaction, medium, kind, queue, contact, agent, offer and user.KEY"
    )]
    Unknown(String),
}

/// What an address may begin with.
const SCHEMES: &[&str] = &["https://", "tel:", "sip:", "sips:", "mailto:"];

impl FromStr for Field {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        Ok(match text {
            "interaction" => Self::Interaction,
            "medium" => Self::Medium,
            "kind" => Self::Kind,
            "queue" => Self::Queue,
            "contact" => Self::Contact,
            "agent" => Self::Agent,
            "offer" => Self::Offer,
            _ => match text.strip_prefix("user.") {
                Some(key) if !key.is_empty() => Self::User(key.to_owned()),
                _ => return Err(TemplateError::Unknown(text.chars().take(40).collect())),
            },
        })
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let scheme = SCHEMES.iter().find(|scheme| text.starts_with(**scheme));
        let scheme = scheme.ok_or(TemplateError::Scheme)?;
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
            match next {
                '{' => {
                    let (field, after) = rest.split_once('}').ok_or(TemplateError::Brace)?;
                    let before = parts_len(&parts) + plain.len();
                    if before < host_end(text, scheme) {
                        return Err(TemplateError::Host(field.chars().take(40).collect()));
                    }
                    parts.push(Part::Plain(std::mem::take(&mut plain)));
                    parts.push(Part::Field(field.parse()?));
                    rest = after;
                }
                '}' => return Err(TemplateError::Brace),
                '!'..='~' => plain.push(next),
                other => return Err(TemplateError::Character(other)),
            }
        }
        parts.push(Part::Plain(plain));
        Ok(Self(parts))
    }
}

fn parts_len(parts: &[Part]) -> usize {
    let plain = parts.iter().map(|part| match part {
        Part::Plain(text) => text.len(),
        // Longer than any host: whatever follows a field stands behind the host.
        Part::Field(_) => usize::MAX / 8,
    });
    plain.fold(0, usize::saturating_add)
}

/// How many bytes lie before the first place a field may stand in.
fn host_end(text: &str, scheme: &str) -> usize {
    if !scheme.ends_with("//") {
        return scheme.len();
    }
    let host = text.get(scheme.len()..).unwrap_or_default();
    let end = host.find(['/', '?', '#']);
    // The character that ends the host has to stand before the field.
    end.map_or(usize::MAX, |end| scheme.len() + end + 1)
}

impl Template {
    /// The address with what `value` says of each field, percent-encoded. A value that is not
    /// there becomes nothing.
    pub fn resolve(&self, mut value: impl FnMut(&Field) -> Option<String>) -> String {
        let mut address = String::new();
        for part in &self.0 {
            match part {
                Part::Plain(text) => address.push_str(text),
                Part::Field(field) => encode(&value(field).unwrap_or_default(), &mut address),
            }
        }
        address
    }

    /// The fields in it.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().filter_map(|part| match part {
            Part::Plain(_) => None,
            Part::Field(field) => Some(field),
        })
    }
}

/// Everything but unreserved characters (RFC 3986, 2.3) is encoded.
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing into a string never fails.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interaction => f.write_str("interaction"),
            Self::Medium => f.write_str("medium"),
            Self::Kind => f.write_str("kind"),
            Self::Queue => f.write_str("queue"),
            Self::Contact => f.write_str("contact"),
            Self::Agent => f.write_str("agent"),
            Self::Offer => f.write_str("offer"),
            Self::User(key) => write!(f, "user.{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Template, TemplateError> {
        text.parse()
    }

    #[test]
    fn values_are_encoded_and_missing_ones_are_nothing() {
        let template = read("https://crm.example/c/{user.name}?i={interaction}&x={contact}#a");
        let address = template.expect("a template").resolve(|field| match field {
            Field::User(key) if key == "name" => Some("Zoë / A&B?#".to_owned()),
            Field::Interaction => Some("i42".to_owned()),
            _ => None,
        });
        let expected = "https://crm.example/c/Zo%C3%AB%20%2F%20A%26B%3F%23?i=i42&x=#a";
        assert_eq!(address, expected);
    }

    #[test]
    fn a_value_never_chooses_the_host() {
        for text in [
            "https://{user.host}/x",
            "https://crm{queue}.example/x",
            "https://crm.example:{user.port}/",
            "https://crm.example{user.path}",
        ] {
            assert!(matches!(read(text), Err(TemplateError::Host(_))), "{text}");
        }
        assert!(read("https://crm.example?x={queue}").is_ok());
        assert!(read("https://crm.example/{queue}{user.x}").is_ok());
        assert!(read("tel:{user.phone}").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in [
            "http://crm/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "//x",
            "",
        ] {
            assert_eq!(read(text), Err(TemplateError::Scheme), "{text}");
        }
        for text in ["https://a/{", "https://a/}", "https://a/{queue}}"] {
            assert_eq!(read(text), Err(TemplateError::Brace), "{text}");
        }
        assert!(matches!(
            read("https://a/{nobody}"),
            Err(TemplateError::Unknown(_))
        ));
        assert!(matches!(
            read("https://a/{user.}"),
            Err(TemplateError::Unknown(_))
        ));
        assert_eq!(read("https://a/ b"), Err(TemplateError::Character(' ')));
    }
}
