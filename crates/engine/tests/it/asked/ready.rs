//! What is told before anything is asked, and which way requests go.

use super::server::{Server, json};
use super::{World, plain};
use serde_json::json;

#[test]
fn what_is_missing_or_wrong_is_told_by_name_and_never_by_value() {
    let at = |rest: &str| format!("{{openai: {{base_url: \"http://127.0.0.1:9\", model: m, {rest}}}}}");
    let world = World::new()
        .with("EMPTY", " ")
        .with("TWO_LINES", "sk-secret\nX-Evil: 1")
        .with("WITH_PASSWORD", "https://user:hunter22@127.0.0.1/")
        .with("FTP", "ftp://127.0.0.1/")
        .with("NOTHING", "not an address")
        .file("bad.md", "{{ input.")
        .file("bad.json", "{");
    let cases = [
        (
            at("key: {env: ABSENT}"),
            "`candidate` needs the variable `ABSENT` of the environment for its key, and it is not set",
        ),
        (
            at("key: {env: EMPTY}"),
            "`candidate` needs the variable `EMPTY` of the environment for its key, and it is not set",
        ),
        (at("key: {env: TWO_LINES}"), "the key of `candidate` is empty, or holds characters that no header may hold"),
        (
            at("headers: {x-a: \"${TWO_LINES}\"}"),
            "the header `x-a` of `candidate` is empty, or holds characters that no header may hold",
        ),
        (at("headers: {x-a: \"${}\"}"), "the header `x-a` of `candidate` has a `${` that names no variable"),
        (at("prompt: absent.md"), "`candidate` needs `absent.md`: No such file or directory (os error 2)"),
        (
            at("prompt: bad.md"),
            "the prompt `bad.md` of `candidate` is no template: syntax error: unexpected end of input, expected identifier or integer (line 1)",
        ),
        (
            at("answer_schema: bad.json"),
            "`candidate` needs `bad.json`: it is no JSON: EOF while parsing an object at line 1 column 1",
        ),
        (at("api: responses, seed: 1"), "`candidate` cannot be asked with `seed`, which its API does not know"),
        (at("body: {stream: true}"), "`candidate` cannot be asked with `stream`"),
        (
            "{openai: {base_url: \"${WITH_PASSWORD}\", model: m}}".to_owned(),
            "the `base_url` of `candidate` holds a user or password",
        ),
        (
            "{openai: {base_url: \"${FTP}\", model: m}}".to_owned(),
            "the `base_url` of `candidate` is neither `https` nor `http`",
        ),
        ("{openai: {base_url: \"${NOTHING}\", model: m}}".to_owned(), "the `base_url` of `candidate` is no address"),
        (
            "{http: {url: \"http://127.0.0.1/\", body: {a: \"{% if %}\"}}}".to_owned(),
            "the `body` of `candidate` is no template: syntax error: unexpected end of block (line 1)",
        ),
        (
            "{http: {url: \"http://127.0.0.1/\", reply: {text: \"$[\"}}}".to_owned(),
            "the path `$[` to the reply's `text` of `candidate` cannot be used: ",
        ),
        (
            "{program: {command: [no-such-program-here]}}".to_owned(),
            "`candidate` runs `no-such-program-here`, which is not there",
        ),
        (
            "{program: {command: [python3], environment: [ABSENT]}}".to_owned(),
            "`candidate` needs the variable `ABSENT` of the environment for its program, and it is not set",
        ),
    ];
    for (system, expected) in cases {
        let told = world.refused(&system);
        assert!(told.starts_with(expected), "{told}\n{expected}");
        assert!(!told.contains("hunter22") && !told.contains("sk-secret"), "{told}");
    }
    let file = world.refused(&at("key: {file: absent}"));
    assert!(file.starts_with("the key of `candidate` cannot be read from `absent`: "), "{file}");
    let key = World::new().file("key", "sk-from-file\n");
    assert_eq!(key.ready(&at("key: {file: key}")).secrets.redact("sk-from-file"), "[secret]");
}

#[test]
fn only_hosts_of_the_contract_are_asked() {
    let system = "{openai: {base_url: \"https://API.example.com/v1\", model: m}}";
    let mut world = World::new();
    world.hosts = vec!["127.0.0.1".to_owned(), "*.example.org".to_owned()];
    let told = world.refused(system);
    assert_eq!(told, "`candidate` is at `api.example.com`, and the contract allows 127.0.0.1, *.example.org");
    assert!(world.refused("{http: {url: \"http://evil.example/?x={{ input }}\"}}").starts_with("`candidate` is at"));
    world.hosts.push("api.example.com".to_owned());
    world.ready(system);
}

#[test]
fn requests_go_through_the_proxy_that_the_environment_names_except_where_it_says() {
    let answer = || json(json!({"choices": [{"message": {"content": "Yes."}}]}));
    let proxy = Server::new(vec![answer()]);
    let system = "{openai: {base_url: \"http://assistant.invalid/v1\", model: m, key: {env: KEY}}, time_limit: 20s}";
    let address = format!("http://someone:pass-word-1@127.0.0.1:{}", proxy.port());
    let world = World::new().with("HTTP_PROXY", &address).with("KEY", "sk-abcdef");
    let ready = world.ready(system);
    assert_eq!(ready.ask(&plain()).got.unwrap().text.as_deref(), Some("Yes."));
    let asked = proxy.asked();
    assert_eq!(asked.line, "POST http://assistant.invalid/v1/chat/completions HTTP/1.1");
    assert!(
        asked.headers.iter().any(|header| header.starts_with("proxy-authorization: Basic ")),
        "{:?}",
        asked.headers
    );
    assert_eq!(ready.secrets.redact("pass-word-1"), "[secret]");

    let direct = Server::new(vec![answer()]);
    let world = World::new().with("http_proxy", &proxy.url()).with("NO_PROXY", "127.0.0.1");
    let ready = world.ready(&super::chat(&direct));
    assert_eq!(ready.ask(&plain()).got.unwrap().text.as_deref(), Some("Yes."));
    assert_eq!(direct.asked().line, "POST /v1/chat/completions HTTP/1.1");

    let world = World::new().with("ALL_PROXY", "gopher://127.0.0.1:1");
    assert_eq!(
        world.refused(system.replace(", key: {env: KEY}", "").as_str()),
        "the variable `ALL_PROXY` holds no proxy that can be used"
    );
}

#[test]
fn a_socks_proxy_finds_the_host_itself() {
    let server = Server::new(vec![json(json!({"choices": [{"message": {"content": "Yes."}}]}))]);
    let (proxy, wanted) = Server::socks(server.at());
    let world = World::new().with("ALL_PROXY", &format!("socks5h://{proxy}"));
    let ready = world.ready("{openai: {base_url: \"http://assistant.invalid/v1\", model: m}, time_limit: 20s}");
    assert_eq!(ready.ask(&plain()).got.unwrap().text.as_deref(), Some("Yes."));
    assert_eq!(wanted.recv().unwrap(), "assistant.invalid:80");
    assert_eq!(server.asked().line, "POST /v1/chat/completions HTTP/1.1");
}

#[test]
fn an_authority_of_ones_own_is_trusted_where_the_environment_names_it() {
    let answer = json(json!({"choices": [{"message": {"content": "Yes."}}]}));
    let (server, authority) = Server::secure(answer);
    let system = format!("{{openai: {{base_url: \"https://{}/v1\", model: m}}, time_limit: 20s}}", server.at());
    let trouble = World::new().ready(&system).ask(&plain()).got.unwrap_err();
    assert!(format!("{trouble:?}").contains("certificate"), "{trouble:?}");

    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let world = World::new().with("SSL_CERT_FILE", &place("own.pem", &authority));
    assert_eq!(world.ready(&system).ask(&plain()).got.unwrap().text.as_deref(), Some("Yes."));
    assert_eq!(server.asked().line, "POST /v1/chat/completions HTTP/1.1");

    for (path, why) in [
        (place("empty.pem", ""), "it holds no certificate in PEM"),
        (place("text.pem", "not a certificate"), "it holds no certificate in PEM"),
        (folder.path().join("absent.pem").to_str().unwrap().to_owned(), "No such file or directory (os error 2)"),
    ] {
        let told = World::new().with("SSL_CERT_FILE", &path).refused(&system);
        assert_eq!(
            told,
            format!("the variable `SSL_CERT_FILE` names `{path}`, whose authorities cannot be trusted: {why}")
        );
    }
}

#[test]
fn systems_of_one_account_share_their_limits() {
    let world = World::new().with("ONE", "sk-one-111").with("TWO", "sk-two-222");
    let shares = |host: &str, model: &str, key: &str| {
        let ready = world
            .ready(&format!("{{openai: {{base_url: \"https://{host}/v1\", model: {model}, key: {{env: {key}}}}}}}"));
        let shares = ready.provider.shares();
        assert!(!shares.contains("sk-"), "{shares}");
        shares
    };
    assert_eq!(shares("a.example", "m1", "ONE"), shares("a.example", "m2", "ONE"));
    assert_ne!(shares("a.example", "m1", "ONE"), shares("a.example", "m1", "TWO"));
    assert_ne!(shares("a.example", "m1", "ONE"), shares("b.example", "m1", "ONE"));
}
