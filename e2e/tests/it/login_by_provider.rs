//! People log in by a provider; whatever the provider's answer lacks, nobody gets in by it.

use crate::support::person::{Person, Said, said};
use crate::support::provider::{CLIENT, Lie, Provider, SECRET};
use crate::support::server::Site;
use reqwest::{Method, Url};
use serde_json::json;
use std::time::Duration;

/// Goes to the provider and comes back to the address it leads to.
async fn depart(person: &mut Person) -> String {
    let away = person.bare(Method::GET, "/v1/login/oidc?return_to=/desk");
    let away = away.send().await.expect("an answer");
    assert_eq!(away.status().as_u16(), 303);
    let header = |response: &reqwest::Response, name: &str| {
        let value = response.headers()[name].to_str().expect("text");
        value.to_owned()
    };
    let tie = header(&away, "set-cookie");
    assert!(tie.contains("HttpOnly; SameSite=Lax"), "{tie}");
    person.cookie = tie.split(';').next().unwrap_or_default().to_owned();
    let provider = Person::new(&header(&away, "location"));
    let back = provider
        .bare(Method::GET, "")
        .send()
        .await
        .expect("an answer");
    assert_eq!(back.status().as_u16(), 303);
    let back = Url::parse(&header(&back, "location")).expect("an address");
    format!("{}?{}", back.path(), back.query().unwrap_or_default())
}

async fn come_back(person: &Person, path: &str) -> Said {
    let back = person.bare(Method::GET, path).send().await;
    said(back.expect("an answer")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_by_a_provider_and_by_nothing_less() {
    let provider = Provider::listen().await;
    let site = Site::new();
    let redirect = format!("{}/v1/login/oidc/callback", site.base());
    let site = site
        .with("RINGBACK_OIDC__ISSUER", &provider.issuer)
        .with("RINGBACK_OIDC__ADDRESSES", "any")
        .with("RINGBACK_OIDC__CLIENT_ID", CLIENT)
        .with("RINGBACK_OIDC__CLIENT_SECRET", SECRET)
        .with("RINGBACK_OIDC__REDIRECT_URL", &redirect);
    let server = site.start().await;
    let administrator = site.administrator(0);
    for name in ["sam", "tim"] {
        let email = format!("{name}@example.com");
        let body = json!({"role": "auditor", "email": email});
        administrator
            .put(&format!("/v1/config/person/{name}"), body)
            .await;
    }
    let base = site.base();

    for lie in [
        Lie::Nonce,
        Lie::Audience,
        Lie::Issuer,
        Lie::Expired,
        Lie::Signature,
        Lie::Unsigned,
        Lie::Unverified,
    ] {
        provider.is("1", "sam@example.com", lie);
        let mut person = Person::new(&base);
        let path = depart(&mut person).await;
        let turned_away = come_back(&person, &path).await;
        assert_eq!(turned_away.status, 401, "{lie:?}");
        assert_eq!(turned_away.code(), "login.failed", "{lie:?}");
    }
    provider.is("9", "nobody@example.com", Lie::None);
    let mut person = Person::new(&base);
    let path = depart(&mut person).await;
    assert_eq!(come_back(&person, &path).await.code(), "login.failed");

    // Whoever was not sent away from this very browser does not come back by it.
    provider.is("1", "Sam@example.com", Lie::None);
    let mut sam = Person::new(&base);
    let path = depart(&mut sam).await;
    let other = Person::new(&base);
    assert_eq!(come_back(&other, &path).await.code(), "login.failed");
    let back = come_back(&sam, &path).await;
    assert_eq!(back.status, 200, "{}", back.body);
    let page = back.body.as_str().expect("a page").to_owned();
    assert!(page.contains("url=/desk\""), "{page}");
    assert_eq!(come_back(&sam, &path).await.code(), "login.failed", "twice");
    sam.remember(&back);
    assert_eq!(sam.get("/v1/login").await.body["person"], "sam");
    let sessions = sam.get("/v1/sessions?person=me").await;
    assert_eq!(sessions.body["items"][0]["how"], "provider");

    // Once known by his subject, he stays who he is, whatever his address becomes; and nobody
    // else becomes him by it.
    provider.is("1", "tim@example.com", Lie::None);
    let mut again = Person::new(&base);
    let path = depart(&mut again).await;
    let back = come_back(&again, &path).await;
    again.remember(&back);
    assert_eq!(again.get("/v1/login").await.body["person"], "sam");
    provider.is("2", "sam@example.com", Lie::None);
    let mut person = Person::new(&base);
    let path = depart(&mut person).await;
    assert_eq!(come_back(&person, &path).await.code(), "login.stale");

    // The provider may change its keys at any time.
    provider.rotate();
    tokio::time::sleep(Duration::from_millis(5_200)).await;
    provider.is("2", "tim@example.com", Lie::None);
    let mut tim = Person::new(&base);
    let path = depart(&mut tim).await;
    let back = come_back(&tim, &path).await;
    assert_eq!(back.status, 200, "{}", back.body);
    let outside = "/v1/login/oidc?return_to=https://evil.example";
    assert_eq!(tim.get(outside).await.code(), "request.invalid");
    server.stop().await;
}
