//! Where a request comes from.

use crate::problem::Problem;
use crate::state::Shared;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, SocketAddr};

/// The most that is kept of what a browser calls itself, in characters.
const WITH_CHARS_MAX: usize = 120;

/// A request's origin in the network, and its headers.
pub(crate) struct Visit {
    pub(crate) headers: HeaderMap,
    pub(crate) address: Option<IpAddr>,
}

impl Visit {
    /// The address, as it is kept.
    pub(crate) fn from(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// What the browser calls itself, cut, without control characters.
    pub(crate) fn with(&self) -> Option<String> {
        let agent = self.headers.get(header::USER_AGENT)?.to_str().ok()?;
        let plain = agent.chars().filter(|c| !c.is_control());
        Some(plain.take(WITH_CHARS_MAX).collect())
    }
}

impl FromRequestParts<Shared> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &Shared) -> Result<Self, Problem> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical());
        let proxies = &house.options.login.proxies;
        Ok(Self {
            address: peer.map(|peer| behind(peer, proxies, &parts.headers)),
            headers: parts.headers.clone(),
        })
    }
}

/// The address that the nearest proxy of ours was called from; only our own proxies are believed.
fn behind(peer: IpAddr, proxies: &[IpAddr], headers: &HeaderMap) -> IpAddr {
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let mut hops: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .collect();
    let mut address = peer;
    while proxies.contains(&address)
        && let Some(before) = hops.pop()
        && let Ok(before) = before.parse::<IpAddr>()
    {
        address = before.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
        let mut headers = HeaderMap::new();
        let hops = HeaderValue::from_static("10.9.9.9, 198.51.100.7, 192.0.2.2");
        headers.insert("x-forwarded-for", hops);
        let (near, far) = (ip("192.0.2.1"), ip("192.0.2.2"));
        assert_eq!(behind(near, &[], &headers), near);
        assert_eq!(behind(near, &[near], &headers), far);
        assert_eq!(behind(near, &[near, far], &headers), ip("198.51.100.7"));
        assert_eq!(
            behind(ip("203.0.113.5"), &[near], &headers),
            ip("203.0.113.5")
        );
    }
}
