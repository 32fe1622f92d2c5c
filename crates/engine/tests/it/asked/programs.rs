//! Systems that are programs, well behaved and not.

use super::{Ready, World, plain, question};
use engine::provider::{Attempt, TroubleKind};
use serde_json::json;

/// A program whose body sees `ask` (the request), `q` (its input) and `n` (which request of this start it is, from 1).
fn python(body: &str) -> String {
    let body = body.trim_matches('\n').replace('\n', "\n    ");
    format!(
        "import json, os, sys, time\nn = 0\nfor line in sys.stdin:\n    n += 1\n    ask = json.loads(line)\n    q = ask['input']\n    \
         def say(**reply):\n        print(json.dumps({{'id': ask['id'], **reply}}), flush=True)\n    {body}\n"
    )
}

fn ready(body: &str, time_limit: &str) -> Ready {
    let world = World::new().file("system.py", &python(body)).with("PLACE", "a/b-1234").with("HIDDEN", "h-123456");
    world.ready(&format!(
        "{{program: {{command: [python3, system.py], environment: [PLACE]}}, time_limit: {time_limit}}}"
    ))
}

/// Attempts one after the other at questions with these inputs.
fn asked(ready: &Ready, inputs: &[&str]) -> Vec<Attempt> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut attempts = Vec::new();
        for input in inputs {
            let request = ready.request(&question(json!({"id": "e1", "input": input})));
            attempts.push(ready.provider.attempt(&request, &ready.secrets).await);
        }
        attempts
    })
}

/// The text, or kind and message of the trouble.
fn told(attempts: Vec<Attempt>) -> Vec<String> {
    let told = attempts.into_iter().map(|attempt| match attempt.got {
        Ok(reply) => reply.text.unwrap_or_default(),
        Err(trouble) => format!("{}: {}", trouble.kind.class(), trouble.message),
    });
    told.collect()
}

#[test]
fn a_program_is_asked_and_its_answer_kept() {
    let ready = ready(
        "
assert list(ask) == ['id', 'example', 'task', 'input', 'messages', 'repeat'], ask
assert 'HIDDEN' not in os.environ and os.environ['PLACE'] == 'a/b-1234'
say(text=ask['messages'][0]['content'], tool_calls=[{'name': 'find', 'arguments': {'n': n}}], citations=['s1'],
    tokens={'input': 3, 'output': 4}, spend=0.5, model=ask['example'] + ask['task'])",
        "20s",
    );
    let attempt = ready.ask(&plain());
    assert!(attempt.first_byte.unwrap() <= attempt.latency);
    let reply = attempt.got.unwrap();
    assert_eq!((reply.text.as_deref(), reply.model.as_deref()), (Some("Why twice?"), Some("e1refund")));
    assert_eq!(reply.tool_calls, Some(vec![("find".to_owned(), json!({"n": 1}))]));
    assert_eq!((reply.tokens_in, reply.tokens_out, reply.spend), (Some(3), Some(4), Some(0.5)));
    assert_eq!(ready.provider.address(), "python3 system.py");
    let request = ready.request(&plain());
    assert!(
        request.content.starts_with("python3 system.py\n\n{\"example\":\"e1\",\"task\":\"refund\""),
        "{}",
        request.content
    );
}

#[test]
fn it_is_kept_running_and_a_crash_costs_its_attempt_alone() {
    let ready = ready("if q == 'die': sys.exit('out of patience')\nsay(text=str(n))", "20s");
    let told = told(asked(&ready, &["a", "b", "die", "c", "d"]));
    let died = "connection: the program ended with exit status: 1: out of patience";
    assert_eq!(told, ["1", "2", died, "1", "2"]);
}

#[test]
fn a_hang_ends_at_the_time_limit_and_what_is_no_answer_is_unreadable() {
    let ready = ready(
        "
if q == 'hang': time.sleep(600)
elif q == 'noise': print('Loading...', flush=True)
elif q == 'stale': print(json.dumps({'id': ask['id'] - 1, 'text': 'late'}), flush=True)
elif q == 'mute': say()
elif q == 'latin': os.write(1, b'\\xff\\n')
elif q == 'sorry': say(error='no such account')
else: say(text=str(n))",
        "3s",
    );
    let told = told(asked(&ready, &["a", "hang", "b", "noise", "stale", "mute", "latin", "sorry", "c"]));
    let expected = [
        "1",
        "timeout: no reply within 3000 ms",
        "1",
        "unreadable: the reply is no JSON object: Loading...",
        "unreadable: the reply does not carry the request's id 5: {\"id\": 4, \"text\": \"late\"}",
        "unreadable: the reply says nothing",
        "unreadable: the reply is not UTF-8",
        "refused: no such account",
        "2",
    ];
    assert_eq!(told, expected);
}

#[test]
fn as_many_run_as_are_asked_at_once() {
    // Each answers only when all four have come.
    let body = "
open(f'{q}.here', 'w').close()
while len([f for f in os.listdir('.') if f.endswith('.here')]) < 4: time.sleep(0.01)
say(text=q)";
    let ready = ready(body, "20s");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let requests: Vec<_> = (0..4).map(|n| ready.request(&question(json!({"input": n.to_string()})))).collect();
    let attempts = requests.iter().map(|request| ready.provider.attempt(request, &ready.secrets));
    let told = told(runtime.block_on(futures::future::join_all(attempts)));
    assert_eq!(told, ["0", "1", "2", "3"]);
}

#[test]
fn one_that_always_fails_is_given_up() {
    let ready = World::new().ready("{program: {command: [sh, -c, exit 3]}, time_limit: 20s}");
    let attempts = asked(&ready, &["a"; 22]);
    let kinds: Vec<TroubleKind> = attempts.iter().map(|attempt| attempt.got.as_ref().unwrap_err().kind).collect();
    assert_eq!(kinds[..20], [TroubleKind::Connection; 20]);
    assert_eq!(kinds[20..], [TroubleKind::Forbidden; 2]);
}

#[test]
fn what_it_was_given_in_secret_is_in_no_answer() {
    let ready =
        ready("say(text=os.environ['PLACE'], error=None) if q == 'a' else sys.exit(os.environ['PLACE'])", "20s");
    assert_eq!(
        told(asked(&ready, &["a", "b"])),
        ["[secret]", "connection: the program ended with exit status: 1: [secret]"]
    );
}
