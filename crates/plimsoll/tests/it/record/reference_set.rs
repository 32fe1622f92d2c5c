//! What entered a reference set and what left it, and what that did to the numbers.

use super::forged::forge;
use super::{Small, code, err, flat, last_record, out, plimsoll, read, small};
use serde_json::{Value, json};

/// A file without the lines of some examples.
fn without(ids: &[&str], text: &str) -> String {
    let stays = |line: &&str| !ids.iter().any(|id| line.contains(&format!("\"{id}\"")));
    text.lines().filter(stays).map(|line| format!("{line}\n")).collect()
}

#[test]
fn how_two_reference_sets_lie_is_told_before_any_difference() {
    let folder = small();
    folder.run();
    let first = read(&last_record(folder.path()))["envelope"]["id"].as_str().expect("an id").to_owned();
    // One example is inserted before all others, one is gone, one asks something else now.
    let added = r#"{"id":"new","task":"hours","input":{"messages":[{"role":"user","content":"and on Sundays?"}]},"expected":{"answer":"never"},"provenance":{"source":"traffic","weight":1}}"#;
    folder.rewrite("examples/e.jsonl", |text| {
        format!("{added}\n{}", without(&["e07"], &text)).replace("branch 8 open", "branch 8 close")
    });
    for (file, grade) in [("candidate.jsonl", "wrong"), ("production.jsonl", "never")] {
        let answer = format!(r#"{{"example":"new","text":"{grade}"}}"#);
        folder
            .rewrite(file, |text| format!("{answer}\n{}", without(&["e07"], &text).replace("\"at 9\"", "\"at ten\"")));
    }
    let said = flat(&out(&folder.run()));
    assert!(said.contains("38 matched, 1 changed, 1 only here, 1 only there"), "{said}");
    let record = read(&last_record(folder.path()));
    let alignment = &record["content"]["reference_set"]["alignment"];
    assert_eq!(*alignment, json!({"record": first, "matched": 38, "changed": 1, "only_here": 1, "only_there": 1}));
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);

    let diff = plimsoll(folder.path(), &["diff", "--against", &first]);
    assert_eq!(code(&diff), 0, "{}", err(&diff));
    let said = out(&diff);
    assert!(said.starts_with("examples  38 matched, 1 changed, 1 only here, 1 only there\n"), "{said}");
    assert!(said.contains("1 grades worse, 0 better") && said.contains("e09   right   1 -> 0"), "{said}");
    assert!(said.contains("now: at ten"), "{said}");
    // What asks something else now is not compared, and an inserted line moves nobody.
    assert!(!said.contains("e08") && !said.contains("new"), "{said}");
}

/// A decision, and then another reference set with answers to all of it.
fn other_set() -> Small {
    let folder = small();
    folder.run();
    // The four failing examples: two leave, and two new ones that pass enter.
    let others = |text: &str, new: &dyn Fn(&str) -> String| {
        without(&["e00", "e10"], text) + &["n1", "n2"].map(|id| new(id) + "\n").concat()
    };
    let example = |id: &str| {
        format!(
            r#"{{"id":"{id}","task":"hours","input":{{"messages":[{{"role":"user","content":"{id}?"}}]}},"expected":{{"answer":"never"}},"provenance":{{"source":"traffic","weight":1}}}}"#
        )
    };
    let answer = |id: &str| format!(r#"{{"example":"{id}","text":"never"}}"#);
    folder.rewrite("examples/e.jsonl", |text| others(&text, &example));
    for file in ["candidate.jsonl", "production.jsonl"] {
        folder.rewrite(file, |text| others(&text, &answer));
    }
    folder
}

#[test]
fn what_another_reference_set_did_to_the_numbers_is_told_and_cannot_be_edited() {
    let folder = other_set();
    let said = flat(&out(&folder.run()));
    assert!(said.contains("2 entered (n1, n2), 2 left (e00, e10) since that decision"), "{said}");
    let record = last_record(folder.path());
    let mut content = folder.content();
    let since = &content["reference_set"]["since"];
    assert_eq!(since["entered"], json!({"count": 2, "examples": ["n1", "n2"]}));
    assert_eq!(since["left"], json!({"count": 2, "examples": ["e00", "e10"]}));
    let effect = since["effect"].as_array().expect("figures");
    let short = effect.iter().find(|of| of["before"] == "0.9").expect("the rate of the gate on length");
    assert_eq!((&short["common"], &short["now"]), (&json!("0.947368421053"), &json!("0.95")));
    assert_eq!(short["before_common"], "0.947368421053");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    content["reference_set"]["since"]["left"]["count"] = json!(1);
    forge(folder.path(), &record, &content);
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 3);
}

#[test]
fn what_entered_and_left_is_told_in_every_form() {
    let folder = other_set();
    folder.run();
    let content = folder.content();
    let effect = content["reference_set"]["since"]["effect"].as_array().expect("figures").clone();
    let short = effect.iter().find(|of| of["before"] == "0.9").expect("the rate of the gate on length");
    let figures = format!(
        "{}, {}: 90.0 % then and 94.7 % on the examples of both; with these answers 94.7 % on those, 95.0 % on all of now",
        short["gate"].as_str().expect("a gate"),
        short["segment"].as_str().expect("a segment")
    );
    let moved = "2 entered (n1, n2), 2 left (e00, e10) since that decision";
    for (form, around) in [("text", (" set ", "")), ("markdown", ("- ", "")), ("html", ("<li>", "</li>"))] {
        let shown = plimsoll(folder.path(), &["show", "latest", "--as", form]);
        assert_eq!(code(&shown), 0, "{}", err(&shown));
        let flat = flat(&out(&shown));
        let flat =
            flat.replace("\\(", "(").replace("\\)", ")").replace("\\.", ".").replace("\\-", "-").replace("\\_", "_");
        assert!(flat.contains(&format!("{}{moved}{}", around.0, around.1)), "{form}: {flat}");
        assert!(flat.contains(&figures), "{form} lacks {figures}: {flat}");
    }
    let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", "markdown"]));
    assert!(shown.contains("### The reference set"), "{shown}");
}

/// The next release answers otherwise, and two examples retire: what leaving did is told apart from what the answers did, and the figure
/// then is known although the contract describes another candidate. Where a gate asked something else, it is unknown.
#[test]
fn what_leaving_did_is_told_on_the_answers_of_then() {
    let folder = small();
    folder.run();
    let leave = |text: String| without(&["e00", "e11"], &text);
    folder.rewrite("examples/e.jsonl", leave);
    folder.rewrite("production.jsonl", leave);
    // One more of the 38 fails now.
    folder.rewrite("candidate.jsonl", |text| leave(text).replace("at 15", "no idea at all, sorry"));
    folder.edit("plimsoll.yaml", "{recorded: candidate.jsonl}", "{recorded: candidate.jsonl, describe: prompt v2}");
    let said = flat(&out(&folder.run()));
    // 36 of 40 then, 35 of those 38, and 34 of them now.
    let told = "90.0 % then and 92.1 % on the examples of both; with these answers 89.5 % on those";
    assert!(said.contains("2 left (e00, e11) since that decision") && said.contains(told), "{said}");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    folder.edit("plimsoll.yaml", "at_least: 60%", "at_least: 65%");
    for file in ["examples/e.jsonl", "production.jsonl", "candidate.jsonl"] {
        folder.rewrite(file, |text| text.lines().skip(1).map(|line| format!("{line}\n")).collect());
    }
    folder.run();
    let content = folder.content();
    let effect = content["reference_set"]["since"]["effect"].as_array().expect("figures").clone();
    let of =
        |gate: &str| effect.iter().find(|of| of["gate"].as_str().is_some_and(|name| name.contains(gate))).expect("it");
    assert_eq!((&of("short")["before"], &of("short")["before_common"]), (&Value::Null, &Value::Null));
    assert!(of("right")["before"].is_string() && of("right")["before_common"].is_string(), "{effect:?}");
}

#[test]
fn where_the_earlier_run_is_gone_nothing_is_said_of_what_entered_or_left() {
    let folder = other_set();
    std::fs::remove_dir_all(folder.path().join(".plimsoll/runs")).expect("the earlier run");
    let said = flat(&out(&folder.run()));
    assert!(said.contains("unknown, that run is no longer kept") && !said.contains("entered"), "{said}");
    let content = folder.content();
    let set = &content["reference_set"];
    assert!(set["since"].is_null() && set.as_object().is_some_and(|set| set.contains_key("since")), "{set}");
    assert!(set["alignment"].is_object(), "{set}");
    for form in ["markdown", "html"] {
        let shown = out(&plimsoll(folder.path(), &["show", "latest", "--as", form]));
        assert!(!shown.contains("since that decision") && !shown.contains("### The reference set"), "{form}: {shown}");
    }
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 0);
    // The first decision of all has none before it, and the same set is no change.
    let folder = small();
    folder.run();
    assert!(folder.content()["reference_set"]["since"].is_null());
}
