//! Which addresses may be connected to. Whoever may write an address into the configuration must
//! not thereby reach the machines behind the firewall, this machine, or the metadata service of a
//! cloud. So a name is looked up once, every address it has is looked at, and exactly these
//! addresses are connected to: what the name means a moment later does not matter.

use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// Which addresses may be connected to.
#[derive(Debug, Clone, Default)]
pub struct AddressGuard {
    allowed: Arc<[IpNet]>,
    plain: bool,
}

/// Why an address is not connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardFault {
    /// It is none.
    #[error("the address cannot be used: {0}")]
    Address(String),
    /// It is not encrypted.
    #[error("the address is not https: use https, or allow plain http by `webhooks.plain_http`")]
    Plain,
    /// It lies where webhooks may not reach.
    #[error(
        "{0} is an internal or reserved address: webhooks may not reach it unless `webhooks.allow` names its network"
    )]
    Denied(IpAddr),
    /// The name has no address.
    #[error("{0} has no address")]
    Nowhere(String),
}

/// Networks that nobody outside reaches, or that mean something else than one machine. From the
/// registries of special-purpose addresses (RFC 6890 and its followers).
const RESERVED: &[&str] = &[
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

impl AddressGuard {
    /// Allows what everybody reaches, and these networks besides; `plain`: also without TLS.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>, plain: bool) -> Self {
        Self {
            allowed: allowed.into(),
            plain,
        }
    }

    /// Whether one address may be connected to.
    ///
    /// # Errors
    /// [`GuardFault::Denied`].
    pub fn check(&self, address: IpAddr) -> Result<(), GuardFault> {
        let meant = meant(address);
        let allowed = self.allowed.iter().any(|net| net.contains(&meant));
        if allowed || !is_reserved(meant) {
            return Ok(());
        }
        Err(GuardFault::Denied(address))
    }

    /// Reads an address, and checks what can be said without looking a name up.
    ///
    /// # Errors
    /// It is none, it is not encrypted, or it is a number that is denied.
    pub fn url(&self, text: &str) -> Result<Url, GuardFault> {
        let url = Url::parse(text).map_err(|error| GuardFault::Address(error.to_string()))?;
        match url.scheme() {
            "https" => {}
            "http" if self.plain => {}
            "http" => return Err(GuardFault::Plain),
            other => return Err(GuardFault::Address(format!("scheme {other:?}"))),
        }
        if !url.username().is_empty() || url.password().is_some() {
            let problem = "it holds a user or password; messages are signed instead".to_owned();
            return Err(GuardFault::Address(problem));
        }
        // Reading the address has already turned 2130706433 and 0x7f.1 into 127.0.0.1.
        let host = url.host_str().unwrap_or_default();
        let number = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = IpAddr::from_str(number) {
            self.check(address)?;
        }
        Ok(url)
    }

    /// Looks a name up. All its addresses have to be allowed: a name that means a good and a bad
    /// one is a trap.
    async fn look_up(&self, name: &str) -> Result<Vec<SocketAddr>, GuardFault> {
        let found = tokio::net::lookup_host((name, 0)).await;
        let found: Vec<SocketAddr> = found
            .map_err(|_| GuardFault::Nowhere(name.to_owned()))?
            .collect();
        self.all(name, found)
    }

    fn all(&self, name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, GuardFault> {
        if found.is_empty() {
            return Err(GuardFault::Nowhere(name.to_owned()));
        }
        for address in &found {
            self.check(address.ip())?;
        }
        Ok(found)
    }
}

impl Resolve for AddressGuard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.look_up(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The address that is really meant by one that holds another: an IPv4 address in an IPv6 one.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let [.., a, b] = v6.segments();
    let inner = || {
        let [a, b, c, d] = [a >> 8, a & 0xff, b >> 8, b & 0xff].map(|byte| byte.to_le_bytes()[0]);
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => inner(),
        _ => IpAddr::V6(v6),
    }
}

fn is_reserved(address: IpAddr) -> bool {
    debug_assert!(RESERVED.iter().all(|net| net.parse::<IpNet>().is_ok()));
    let holds = |net: &&str| -> bool {
        net.parse::<IpNet>()
            .is_ok_and(|net: IpNet| net.contains(&address))
    };
    // Outside of the space that is given out at all.
    let global = |v6: Ipv6Addr| v6.segments()[0] & 0xe000 == 0x2000;
    let odd = matches!(address, IpAddr::V6(v6) if !global(v6));
    odd || RESERVED.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allowed: &[&str]) -> AddressGuard {
        let nets = allowed.iter().map(|net| net.parse().expect("a network"));
        AddressGuard::new(nets.collect(), false)
    }

    #[test]
    fn internal_addresses_are_denied_in_every_disguise() {
        for text in [
            "https://127.0.0.1/",
            "https://localhost.localdomain@127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://017700000001/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[64:ff9b::a00:1]/",
            "https://[::127.0.0.1]/",
            "https://[2002:7f00:1::]/",
            "https://169.254.169.254/latest/meta-data",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://10.1.2.3/",
            "https://172.31.255.255/",
            "https://192.168.0.1/",
            "https://100.100.100.200/",
            "https://0.0.0.0/",
            "https://255.255.255.255/",
            "https://224.0.0.1/",
        ] {
            assert!(guard(&[]).url(text).is_err(), "{text}");
        }
        for text in [
            "https://1.1.1.1/",
            "https://[2606:4700::1111]/x",
            "https://example.com/",
        ] {
            assert!(guard(&[]).url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn networks_can_be_allowed_and_plain_http_too() {
        let inside = guard(&["10.0.0.0/8"]);
        assert!(inside.url("https://10.1.2.3/").is_ok());
        assert!(inside.url("https://[::ffff:10.1.2.3]/").is_ok());
        assert!(inside.url("https://192.168.0.1/").is_err());
        assert_eq!(guard(&[]).url("http://1.1.1.1/"), Err(GuardFault::Plain));
        let plain = AddressGuard::new(Vec::new(), true);
        assert!(plain.url("http://1.1.1.1/").is_ok());
        assert!(plain.url("ftp://1.1.1.1/").is_err());
        assert!(plain.url("http://u:p@1.1.1.1/").is_err());
    }

    #[test]
    fn a_name_with_one_denied_address_is_denied() {
        let at = |text: &str| SocketAddr::new(text.parse().expect("an address"), 0);
        let mixed = vec![at("1.1.1.1"), at("127.0.0.1")];
        let denied = GuardFault::Denied("127.0.0.1".parse().expect("an address"));
        assert_eq!(guard(&[]).all("trap.example", mixed), Err(denied));
        assert!(guard(&[]).all("good.example", vec![at("1.1.1.1")]).is_ok());
        assert!(guard(&[]).all("none.example", Vec::new()).is_err());
    }

    #[tokio::test]
    async fn a_name_that_means_this_machine_is_denied_when_it_is_looked_up() {
        assert!(guard(&[]).look_up("localhost").await.is_err());
        assert!(
            guard(&["127.0.0.0/8", "::1/128"])
                .look_up("localhost")
                .await
                .is_ok()
        );
    }
}
