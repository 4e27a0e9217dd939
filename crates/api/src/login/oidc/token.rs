//! Reading a signed token (JWT): what must hold before a word of it is believed.
//!
//! The algorithm is that of the key, never that of the token: a token that names another one is
//! refused, and so is every kind but RS256 and ES256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// How far clocks may differ, in seconds.
const SKEW_S: i64 = 60;

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("it is no token")]
    Malformed,
    #[error("it is signed in a way that is not taken")]
    Algorithm,
    #[error("it is signed with a key that is not known")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is for somebody else")]
    Audience,
    #[error("it is over, or from the future")]
    Time,
    #[error("it answers another question")]
    Nonce,
}

/// What a token has to say.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) nonce: &'a str,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Claims {
    pub(crate) sub: String,
    iss: String,
    aud: Audience,
    #[serde(default)]
    azp: Option<String>,
    exp: i64,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

impl Claims {
    /// The e-mail address, if the provider has made sure that it is his.
    pub(crate) fn verified_email(&self) -> Option<String> {
        self.email.clone().filter(|_| self.email_verified)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

/// A key the provider signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    kid: Option<String>,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The point, uncompressed.
    P256(Vec<u8>),
}

impl Key {
    /// A key out of a JWKS, if it is of a kind that is taken.
    pub(crate) fn read(value: &serde_json::Value) -> Option<Self> {
        let text = |name: &str| value[name].as_str();
        let bytes = |name: &str| decoded(text(name)?);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let (algorithm, kind) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (n, e) = (bytes("n")?, bytes("e")?);
                ("RS256", Kind::Rsa { n, e })
            }
            ("EC", Some("P-256")) => {
                let mut point = vec![4];
                for part in [bytes("x")?, bytes("y")?] {
                    if part.len() != 32 {
                        return None;
                    }
                    point.extend(part);
                }
                ("ES256", Kind::P256(point))
            }
            _ => return None,
        };
        if text("alg").is_some_and(|alg| alg != algorithm) {
            return None;
        }
        let kid = text("kid").map(ToOwned::to_owned);
        Some(Self { kid, kind })
    }

    const fn algorithm(&self) -> &'static str {
        match self.kind {
            Kind::Rsa { .. } => "RS256",
            Kind::P256(_) => "ES256",
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::Rsa { n, e } => {
                let key = RsaPublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                    .is_ok()
            }
            Kind::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok(),
        }
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The signed bytes of a token, if one of the keys has signed them.
fn signed(text: &str, keys: &[Key]) -> Result<Vec<u8>, Unfit> {
    let (message, signature) = text.rsplit_once('.').ok_or(Unfit::Malformed)?;
    let (head, body) = message.split_once('.').ok_or(Unfit::Malformed)?;
    let bytes = |part: &str| decoded(part).ok_or(Unfit::Malformed);
    let head: Head = serde_json::from_slice(&bytes(head)?).map_err(|_| Unfit::Malformed)?;
    if head.crit.is_some() || !matches!(head.alg.as_str(), "RS256" | "ES256") {
        return Err(Unfit::Algorithm);
    }
    let mut fitting = keys
        .iter()
        .filter(|key| key.algorithm() == head.alg)
        .filter(|key| head.kid.is_none() || key.kid == head.kid)
        .peekable();
    if fitting.peek().is_none() {
        return Err(Unfit::UnknownKey);
    }
    let signature = bytes(signature)?;
    if !fitting.any(|key| key.has_signed(message.as_bytes(), &signature)) {
        return Err(Unfit::Signature);
    }
    bytes(body)
}

/// What a token says, if it is signed, for us, good now, and the answer to our question.
pub(crate) fn verify(text: &str, keys: &[Key], expected: &Expected<'_>) -> Result<Claims, Unfit> {
    let body = signed(text, keys)?;
    let claims: Claims = serde_json::from_slice(&body).map_err(|_| Unfit::Malformed)?;
    if claims.iss != expected.issuer {
        return Err(Unfit::Issuer);
    }
    let ours = match &claims.aud {
        Audience::One(one) => one == expected.audience,
        // Of several, the one it was made out to has to be named.
        Audience::Many(many) => {
            many.iter().any(|one| one == expected.audience)
                && (many.len() == 1 || claims.azp.is_some())
        }
    };
    if !ours
        || claims
            .azp
            .as_deref()
            .is_some_and(|azp| azp != expected.audience)
    {
        return Err(Unfit::Audience);
    }
    let ahead = |at: Option<i64>| at.is_some_and(|at| at > expected.now + SKEW_S);
    if claims.exp <= expected.now - SKEW_S || ahead(claims.iat) || ahead(claims.nbf) {
        return Err(Unfit::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) || claims.sub.is_empty() {
        return Err(Unfit::Nonce);
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use serde_json::{Value, json};

    struct Signer {
        pair: EcdsaKeyPair,
        random: SystemRandom,
    }

    impl Signer {
        fn new() -> Self {
            let random = SystemRandom::new();
            let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a key");
            let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random);
            Self {
                pair: pair.expect("its own key"),
                random,
            }
        }

        fn key(&self) -> Key {
            let point = self.pair.public_key().as_ref();
            let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            let value = json!({"kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig",
                "x": part(&point[1..33]), "y": part(&point[33..])});
            Key::read(&value).expect("a key")
        }

        fn sign(&self, head: &Value, claims: &Value) -> String {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let message = format!("{}.{}", part(head), part(claims));
            let signature = self.pair.sign(&self.random, message.as_bytes());
            let signature = URL_SAFE_NO_PAD.encode(signature.expect("signed"));
            format!("{message}.{signature}")
        }
    }

    const EXPECTED: Expected<'_> = Expected {
        issuer: "https://id",
        audience: "ringback",
        nonce: "n",
        now: 1_000_000,
    };

    fn claims() -> Value {
        json!({"iss": "https://id", "aud": "ringback", "sub": "1", "nonce": "n",
            "exp": 1_000_100, "iat": 999_990, "email": "a@b", "email_verified": true})
    }

    #[test]
    fn a_token_has_to_be_for_us_now_and_in_answer() {
        let signer = Signer::new();
        let head = json!({"alg": "ES256", "kid": "k1"});
        let check =
            |claims: &Value| verify(&signer.sign(&head, claims), &[signer.key()], &EXPECTED);
        let good = check(&claims()).expect("it fits");
        assert_eq!(good.verified_email().as_deref(), Some("a@b"));
        for (field, value, why) in [
            ("iss", json!("https://id/"), Unfit::Issuer),
            ("aud", json!("other"), Unfit::Audience),
            ("aud", json!(["ringback", "other"]), Unfit::Audience),
            ("azp", json!("other"), Unfit::Audience),
            ("exp", json!(999_940), Unfit::Time),
            ("iat", json!(1_000_061), Unfit::Time),
            ("nbf", json!(1_000_061), Unfit::Time),
            ("nonce", json!("m"), Unfit::Nonce),
            ("nonce", Value::Null, Unfit::Nonce),
            ("sub", json!(""), Unfit::Nonce),
            ("exp", json!("soon"), Unfit::Malformed),
        ] {
            let mut wrong = claims();
            wrong[field] = value;
            assert_eq!(check(&wrong), Err(why), "{field}");
        }
        let mut unverified = claims();
        unverified["email_verified"] = json!(false);
        assert_eq!(check(&unverified).expect("it fits").verified_email(), None);
    }

    #[test]
    fn only_a_known_key_signs_and_only_in_its_own_way() {
        let (signer, other) = (Signer::new(), Signer::new());
        let keys = [signer.key()];
        let check = |text: &str| verify(text, &keys, &EXPECTED);
        let head = |alg: &str, kid: &str| json!({"alg": alg, "kid": kid});
        for alg in ["none", "HS256", "RS512", "es256", ""] {
            let text = signer.sign(&head(alg, "k1"), &claims());
            assert_eq!(check(&text), Err(Unfit::Algorithm), "{alg}");
        }
        let text = signer.sign(&head("RS256", "k1"), &claims());
        assert_eq!(
            check(&text),
            Err(Unfit::UnknownKey),
            "a key of another kind"
        );
        let text = signer.sign(&head("ES256", "k2"), &claims());
        assert_eq!(check(&text), Err(Unfit::UnknownKey));
        let text = other.sign(&head("ES256", "k1"), &claims());
        assert_eq!(check(&text), Err(Unfit::Signature));
        let text = signer.sign(
            &json!({"alg": "ES256", "kid": "k1", "crit": ["b64"]}),
            &claims(),
        );
        assert_eq!(check(&text), Err(Unfit::Algorithm));
        let good = signer.sign(&head("ES256", "k1"), &claims());
        let (message, signature) = good.rsplit_once('.').expect("three parts");
        assert_eq!(check(&format!("{message}.")), Err(Unfit::Signature));
        assert_eq!(
            check(&format!("{message}x.{signature}")),
            Err(Unfit::Signature)
        );
        for text in ["", "a.b", "a.b.c"] {
            assert_eq!(check(text), Err(Unfit::Malformed), "{text}");
        }
    }

    #[test]
    fn the_example_of_the_standard_is_signed() {
        // RFC 7515, appendix A.2.
        let key = json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQ\
            oTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWv\
            G6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2\
            CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2e\
            thFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"});
        let keys = [Key::read(&key).expect("a key")];
        let text = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
            Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJ\
            bu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB-\
            -f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwu\
            sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmt\
            VrBp0igcN_IoypGlUPQGe77Rw";
        let body = signed(text, &keys).expect("it is signed");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["iss"], "joe");
        let forged = text.replacen("cC4h", "cC4i", 1);
        assert_eq!(signed(&forged, &keys), Err(Unfit::Signature));
    }
}
