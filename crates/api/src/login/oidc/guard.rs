//! Which addresses a provider may have. What it says of its endpoints must not make this server
//! call what only this server can reach, unless the operator has said that the provider stands
//! there.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Resolves names and passes over addresses that are not public. The connection goes to what was
/// looked at: a name that changes its address in between gains nothing.
pub(super) struct Public;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|it| is_public(it.ip())).collect();
            if public.is_empty() {
                let problem = format!(
                    "{} has no public address; if the provider stands in a private network, set `oidc.addresses` \
                     to `any`",
                    name.as_str()
                );
                return Err(problem.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a URL does not name a private address as a number.
pub(super) fn may_be_called(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let Some(host) = url.host_str() else {
        return false;
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().map_or(true, is_public)
}

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(it: Ipv4Addr) -> bool {
    let [a, b, c, _] = it.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocols = (a, b, c) == (192, 0, 0);
    let benchmarks = a == 198 && (18..20).contains(&b);
    !(it.is_private()
        || it.is_loopback()
        || it.is_link_local()
        || it.is_documentation()
        || it.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || protocols
        || benchmarks)
}

/// Only what is given out as global unicast, without the parts of it that lead to IPv4 addresses or
/// are for documents.
fn is_public_v6(it: Ipv6Addr) -> bool {
    let [a, b, ..] = it.segments();
    let global = a & 0xe000 == 0x2000;
    let documents = a == 0x2001 && b == 0x0db8;
    let tunnels = a == 0x2002 || (a == 0x2001 && b == 0);
    global && !documents && !tunnels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_this_server_reaches_is_not_called() {
        for url in [
            "https://127.0.0.1/token",
            "https://127.1/token",
            "https://2130706433/token",
            "https://10.1.2.3/",
            "https://172.31.0.1/",
            "https://192.168.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[2002:7f00:1::]/",
            "no address",
        ] {
            assert!(!may_be_called(url), "{url}");
        }
        for url in [
            "https://id.example.com/token",
            "https://1.1.1.1/",
            "https://[2606:4700:4700::1111]/",
        ] {
            assert!(may_be_called(url), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_resolved_to_nothing() {
        let name: Name = "localhost".parse().expect("a name");
        let found = Public.resolve(name).await;
        let problem = found.err().expect("no public address").to_string();
        assert!(problem.contains("oidc.addresses"), "{problem}");
    }
}
