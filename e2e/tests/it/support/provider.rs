//! A provider of log-ins (OpenID Connect) that keeps to the standard: discovery, keys, the
//! authorization code with PKCE, signed tokens. It can be told to lie.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::Url;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const CLIENT: &str = "ringback";
pub(crate) const SECRET: &str = "a secret of the provider";

/// How the next token is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    Nonce,
    Audience,
    Issuer,
    Expired,
    /// Signed by a key of somebody else, under the name of ours.
    Signature,
    Unsigned,
    Unverified,
}

/// Listens until dropped.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    books: Arc<Mutex<Books>>,
    task: JoinHandle<()>,
}

struct Books {
    issuer: String,
    /// Who is at the browser.
    subject: String,
    email: String,
    lie: Lie,
    pair: EcdsaKeyPair,
    kid: String,
    /// What was asked for, by code.
    codes: BTreeMap<String, Asked>,
    given: u64,
}

struct Asked {
    nonce: String,
    challenge: String,
    redirect: String,
}

fn new_pair() -> EcdsaKeyPair {
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("its own key")
}

impl Provider {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let issuer = format!("http://{address}");
        let books = Arc::new(Mutex::new(Books {
            issuer: issuer.clone(),
            subject: String::new(),
            email: String::new(),
            lie: Lie::None,
            pair: new_pair(),
            kid: "first".to_owned(),
            codes: BTreeMap::new(),
            given: 0,
        }));
        let served = books.clone();
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let served = served.clone();
                // A connection that breaks is the other side's affair.
                tokio::spawn(async move {
                    let _ = serve(socket, &served).await;
                });
            }
        });
        Self {
            issuer,
            books,
            task,
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who logs in from now on, and what is wrong with his tokens.
    pub(crate) fn is(&self, subject: &str, email: &str, lie: Lie) {
        let mut books = self.books();
        (books.subject, books.email) = (subject.to_owned(), email.to_owned());
        books.lie = lie;
    }

    /// Signs with another key from now on.
    pub(crate) fn rotate(&self) {
        let mut books = self.books();
        books.pair = new_pair();
        books.kid.push_str("-next");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut socket: TcpStream, books: &Mutex<Books>) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        if socket.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = header(&head, "content-length").and_then(|text| text.parse().ok());
            break (head, end + 4 + length.unwrap_or(0));
        }
    };
    while bytes.len() < length {
        socket.read_buf(&mut bytes).await?;
    }
    let body = bytes.split_off(head.len() + 4);
    let body = String::from_utf8_lossy(&body).into_owned();
    let answer = {
        let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
        books.answer(&head, &body)
    };
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(found, _)| found.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim())
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let url = Url::parse(&format!("http://x/?{query}")).expect("a query");
    url.query_pairs().into_owned().collect()
}

fn plain(status: &str, more: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{more}\r\n{body}"
    )
}

impl Books {
    fn answer(&mut self, head: &str, body: &str) -> String {
        let mut words = head.split_whitespace();
        let (_, path) = (words.next(), words.next().unwrap_or_default());
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        match path {
            "/.well-known/openid-configuration" => {
                let issuer = &self.issuer;
                let found = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/keys"),
                });
                plain("200 OK", "", &found.to_string())
            }
            "/keys" => plain("200 OK", "", &self.keys().to_string()),
            "/authorize" => self.authorize(&pairs(query)),
            "/token" => match self.token(head, &pairs(body)) {
                Some(token) => plain("200 OK", "", &token.to_string()),
                None => plain("400 Bad Request", "", r#"{"error":"invalid_grant"}"#),
            },
            _ => plain("404 Not Found", "", "{}"),
        }
    }

    fn keys(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [
            {"kty": "oct", "k": "AAAA", "kid": self.kid},
            {"kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "alg": "ES256",
             "x": part(&point[1..33]), "y": part(&point[33..])},
        ]})
    }

    fn authorize(&mut self, asked: &BTreeMap<String, String>) -> String {
        let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
        let fits = of("response_type") == "code"
            && of("client_id") == CLIENT
            && of("code_challenge_method") == "S256"
            && of("scope").split(' ').any(|scope| scope == "openid");
        if !fits {
            return plain("400 Bad Request", "", r#"{"error":"invalid_request"}"#);
        }
        self.given += 1;
        let code = format!("code-{}", self.given);
        let mut back = Url::parse(&of("redirect_uri")).expect("an address");
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &of("state"));
        let asked = Asked {
            nonce: of("nonce"),
            challenge: of("code_challenge"),
            redirect: of("redirect_uri"),
        };
        self.codes.insert(code, asked);
        plain("303 See Other", &format!("Location: {back}\r\n"), "")
    }

    fn token(&mut self, head: &str, asked: &BTreeMap<String, String>) -> Option<Value> {
        let of = |name: &str| asked.get(name).map_or("", String::as_str);
        let secret = SECRET.replace(' ', "%20");
        let basic = STANDARD.encode(format!("{CLIENT}:{secret}"));
        // A code is good once.
        let known = self.codes.remove(of("code"))?;
        let verifier = digest(&SHA256, of("code_verifier").as_bytes());
        let fits = header(head, "authorization") == Some(&format!("Basic {basic}"))
            && of("grant_type") == "authorization_code"
            && of("redirect_uri") == known.redirect
            && URL_SAFE_NO_PAD.encode(verifier) == known.challenge;
        let token = self.signed(&known.nonce);
        fits.then(|| json!({"access_token": "x", "token_type": "Bearer", "id_token": token}))
    }

    fn signed(&self, nonce: &str) -> String {
        let lies = |lie: Lie| self.lie == lie;
        let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
        let now = since.expect("after 1970").as_secs();
        let claims = json!({
            "iss": if lies(Lie::Issuer) { "http://other" } else { &self.issuer },
            "aud": if lies(Lie::Audience) { "other" } else { CLIENT },
            "sub": self.subject,
            "iat": now - 300,
            "exp": if lies(Lie::Expired) { now - 120 } else { now + 300 },
            "nonce": if lies(Lie::Nonce) { "other" } else { nonce },
            "email": self.email,
            "email_verified": !lies(Lie::Unverified),
        });
        let alg = if lies(Lie::Unsigned) { "none" } else { "ES256" };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = part(&json!({"alg": alg, "kid": self.kid, "typ": "JWT"}));
        let message = format!("{head}.{}", part(&claims));
        if lies(Lie::Unsigned) {
            return format!("{message}.");
        }
        let other = new_pair();
        let pair = if lies(Lie::Signature) {
            &other
        } else {
            &self.pair
        };
        let signature = pair.sign(&SystemRandom::new(), message.as_bytes());
        format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(signature.expect("signed"))
        )
    }
}
