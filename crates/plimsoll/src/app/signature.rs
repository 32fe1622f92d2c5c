//! Ed25519 signatures of records: over the digest of the envelope, which holds the digest of the content.
//!
//! Who a key signs for is what the contract says; a key that it does not name proves only that somebody had it.

use super::chain::Kept;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::contract::{Contract, PublicKey};
use domain::digest::Digest;
use domain::format::contract;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::{Value, json};

/// How a record is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Not,
    With(PublicKey),
    /// The signature does not fit the record, or is none.
    Wrongly,
}

/// What an envelope carries beside what is signed.
pub fn sign(key: &SigningKey, envelope: &Digest) -> Value {
    let signature: Signature = key.sign(envelope.as_bytes());
    json!({"ed25519": hex(&signature.to_bytes()), "key": hex(key.verifying_key().as_bytes())})
}

pub fn of(kept: &Kept) -> Signed {
    let signature = match kept.envelope.get("signature") {
        None | Some(Value::Null) => return Signed::Not,
        Some(signature) => signature,
    };
    let text = |key: &str| signature[key].as_str().unwrap_or("");
    let (Some(key), Some(signed)) = (bytes::<32>(text("key")), bytes::<64>(text("ed25519"))) else {
        return Signed::Wrongly;
    };
    let fits = VerifyingKey::from_bytes(&key)
        .is_ok_and(|key| key.verify_strict(kept.digest().as_bytes(), &Signature::from_bytes(&signed)).is_ok());
    if fits { Signed::With(PublicKey(key)) } else { Signed::Wrongly }
}

/// How a reader is told of it beside the record: what its own contract shows. `signer` and `verify` say more.
pub fn told(kept: &Kept) -> &'static str {
    let key = match of(kept) {
        Signed::Not => return "unsigned",
        Signed::Wrongly => return "with a signature that does not fit",
        Signed::With(key) => key,
    };
    let named = match kept.content.get("owner_key") {
        // An override keeps the key alone, and not the contract.
        Some(named) => named.as_str().and_then(bytes::<32>) == Some(key.0),
        None => {
            let text = kept.content["contract"]["text"].as_str().unwrap_or("");
            let parsed = contract::parse(Utf8Path::new("sealed contract"), text);
            parsed.is_ok_and(|parsed| parsed.contract.owner_of(&key).is_some())
        }
    };
    if named { "signed" } else { "signed with a key that the contract does not name" }
}

/// What is wrong with who signed, or what there is to say of it.
pub fn signer(kept: &Kept, contract: &Contract) -> Result<String, String> {
    let author = kept.envelope["author"].as_str().unwrap_or("");
    let named = contract.owner(author).and_then(|owner| owner.key);
    match of(kept) {
        Signed::Wrongly => Err("the signature does not fit the record".to_owned()),
        Signed::Not if named.is_some() => {
            Ok(format!("the record is unsigned, though the contract names a key for `{author}`"))
        }
        Signed::Not => Ok("the record is unsigned".to_owned()),
        Signed::With(key) => match (contract.owner_of(&key), named) {
            (_, Some(known)) if known != key => {
                Err(format!("the record is signed with another key than the contract names for `{author}`"))
            }
            (Some(owner), _) => Ok(format!("the signature is that of `{}`", owner.role)),
            (None, _) => Ok("the signature fits, with a key that the contract does not name".to_owned()),
        },
    }
}

/// The key that `author` may sign with: where the contract names one for them, that one.
pub fn key_of(path: &Utf8Path, author: &str, contract: &Contract) -> Result<SigningKey, Failure> {
    let key = read(path)?;
    let given = PublicKey(*key.verifying_key().as_bytes());
    match contract.owner(author).and_then(|owner| owner.key) {
        Some(known) if known != given => Err(Failure::yours(
            format!("the key in `{path}` is not the one that the contract names for `{author}`"),
            "sign with the owner's key, or name the new one in the contract before the run",
        )),
        _ => Ok(key),
    }
}

/// A private key from a PEM file (PKCS#8), or 32 bytes in hex.
fn read(path: &Utf8Path) -> Result<SigningKey, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::yours(format!("cannot read the key `{path}`: {error}"), "check the path"))?;
    if let Ok(key) = SigningKey::from_pkcs8_pem(&text) {
        return Ok(key);
    }
    bytes::<32>(text.trim()).map(|bytes| SigningKey::from_bytes(&bytes)).ok_or_else(|| {
        Failure::yours(
            format!("`{path}` holds no Ed25519 private key"),
            "give a PKCS#8 PEM file (`openssl genpkey -algorithm ed25519 -out key.pem`), or 64 hex digits",
        )
    })
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0u8; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}
