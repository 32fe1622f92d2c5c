//! Whose signature a record has.

use super::{code, err, flat, last_record, out, plimsoll, read, small};
use domain::digest::Digest;
use serde_json::json;

#[test]
fn a_signature_is_that_of_the_owner_whose_key_the_contract_names() {
    let folder = small();
    let public = |seed: u8| ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (name, seed) in [("release.key", 1), ("other.key", 2)] {
        std::fs::write(folder.path().join(name), hex(&[seed; 32])).expect("a key");
    }
    let named = format!("release: {{who: release captain, key: {}}}", hex(public(1).as_bytes()));
    folder.edit("plimsoll.yaml", "release: release captain", &named);

    let refused = plimsoll(folder.path(), &["run", "--author", "release", "--key", "other.key"]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("not the one that the contract names for `release`"), "{}", err(&refused));

    let run = plimsoll(folder.path(), &["run", "--author", "release", "--key", "release.key"]);
    assert!(out(&run).contains("(signed)"), "{}{}", out(&run), err(&run));
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 0, "{}", out(&verified));
    assert!(out(&verified).contains("the signature is that of `release`"), "{}", out(&verified));

    // Signed anew by somebody else, every hash made right: the contract names another key.
    let record = last_record(folder.path());
    let mut kept = read(&record);
    let mut bare = kept["envelope"].clone();
    bare.as_object_mut().expect("an envelope").shift_remove("signature");
    let digest = Digest::of_value("plimsoll.envelope.v1", &bare);
    let signed = ed25519_dalek::Signer::sign(&ed25519_dalek::SigningKey::from_bytes(&[2; 32]), digest.as_bytes());
    kept["envelope"]["signature"] = json!({"ed25519": hex(&signed.to_bytes()), "key": hex(public(2).as_bytes())});
    std::fs::write(&record, kept.to_string()).expect("a forged record");
    let verified = plimsoll(folder.path(), &["verify"]);
    assert_eq!(code(&verified), 3);
    assert!(out(&verified).contains("another key than the contract names for `release`"), "{}", out(&verified));

    // An owner without a key may act, and is shown as unsigned.
    let other =
        ["override", "latest", "--by", "prompt", "--reason", "a launch", "--scope", "all", "--expires", "2999-01-01"];
    let written = plimsoll(folder.path(), &other);
    assert!(out(&written).contains("unsigned"), "{}{}", out(&written), err(&written));
}

#[test]
fn a_signature_by_a_key_that_the_contract_does_not_name_is_shown_as_that() {
    let folder = small();
    for (name, seed) in [("one.key", "01"), ("other.key", "02")] {
        std::fs::write(folder.path().join(name), seed.repeat(32)).expect("a key");
    }
    let odd = "signed with a key that the contract does not name";
    let run = plimsoll(folder.path(), &["run", "--author", "release", "--key", "one.key"]);
    assert!(flat(&out(&run)).contains(odd), "{}{}", out(&run), err(&run));
    for form in ["markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form]));
        assert!(shown.contains(odd) && !shown.contains("(signed)"), "{form}: {shown}");
    }
    let overruled =
        ["override", "latest", "--by", "prompt", "--reason", "a launch", "--scope", "all", "--expires", "2999-01-01"];
    let overruled = plimsoll(folder.path(), &[&overruled[..], &["--key", "other.key"]].concat());
    assert_eq!(code(&overruled), 0, "{}", err(&overruled));
    assert!(flat(&out(&overruled)).contains(odd), "{}", out(&overruled));
}
