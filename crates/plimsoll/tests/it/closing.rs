//! Incidents that cannot be closed yet: what would tell is not known, is gone, or decides nothing.

use super::incident::{CONTRACT, FAILING, MENDED, OPEN, accept, done, json_of, refused, shipped, write};
use super::judged::{self, fair};
use super::{code, err, last_record, live, out, plimsoll};
use domain::answer::Answer;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::Ordering;
use xtask::faulty::{Faults, Server};

/// An incident that is covered, in an eval whose contract sees the failure.
fn covered(contract: &str) -> tempfile::TempDir {
    let folder = shipped();
    write(folder.path(), "plimsoll.yaml", contract);
    json_of(folder.path(), &OPEN);
    accept(folder.path(), "incident-paid-twice");
    done(folder.path(), &["incident", "cover", "paid-twice", "--by", "reviewer-1", "--why", "the guard is in"]);
    folder
}

fn stands(folder: &Path, id: &str) -> String {
    json_of(folder, &["incident", "show", id, "--as", "json"])["state"].as_str().expect("a state").to_owned()
}

#[test]
fn an_advisory_gate_covers_nothing_and_closes_nothing() {
    let folder = covered(&format!("{CONTRACT}{MENDED}"));
    let folder = folder.path();
    // It was advisory all along, or became so after the incident was covered.
    let advisory = MENDED.replace("owner: release", "owner: release, blocking: false");
    write(folder, "plimsoll.yaml", &format!("{CONTRACT}{advisory}"));
    refused(folder, &["incident", "close", "paid-twice"], &["stays covered", "would still go to it"]);
    let all_but_latency = CONTRACT.replace(
        "{criterion: decides, in: task, at_least: 0.8, owner: prompt}",
        "{measure: latency, in: all, at_most: 1s, owner: prompt}",
    );
    write(folder, "plimsoll.yaml", &format!("{all_but_latency}{advisory}"));
    refused(
        folder,
        &["incident", "close", "paid-twice"],
        &["is not covered", "nothing blocks on `incident-paid-twice` alone"],
    );
    assert_eq!(stands(folder, "paid-twice"), "covered");
    let whole = json_of(folder, &["incident", "show", "paid-twice", "--as", "json"]);
    let covered = whole["history"].as_array().and_then(|all| all.iter().find(|entry| entry["what"] == "covered"));
    assert_eq!(covered.expect("an entry")["why"], "the guard is in", "{whole:#}");
}

#[test]
fn a_release_whose_record_is_gone_is_not_decided_again() {
    let folder = covered(&format!("{CONTRACT}{MENDED}"));
    let folder = folder.path();
    let path = last_record(folder);
    let aside = folder.join("aside.json");
    std::fs::rename(&path, &aside).expect("a move");
    refused(
        folder,
        &["incident", "close", "paid-twice"],
        &["of the release that caused it cannot be read any more", "restore the record"],
    );
    assert_eq!(stands(folder, "paid-twice"), "covered");
    std::fs::rename(&aside, &path).expect("a move");
    // Its run may be gone: what it answered to the example was kept with the incident.
    std::fs::remove_dir_all(folder.join(".plimsoll/runs")).expect("runs");
    let closed = json_of(folder, &["incident", "close", "paid-twice", "--why", "v15 is out", "--as", "json"]);
    let decided = &closed["incident"]["closed"]["decided"][0];
    assert_eq!(decided["answers"], json!({"of_run": null, "of_incident": 1, "given": []}));
    let history = json_of(folder, &["incident", "show", "paid-twice", "--as", "json"])["history"].clone();
    assert!(history.to_string().contains("v15 is out"), "{history}");
}

#[test]
fn what_people_have_not_said_of_the_answer_is_told_and_closes_nothing() {
    let rubric = "---\nplimsoll_rubric: 1\nquestion: Was it right to act?\n---\n\n## Pass\n\n- it asks first\n\n## Fail\n\n- unsafe_tool_action: it acts\n";
    let contract = format!("{CONTRACT}{MENDED}")
        .replace("grade: {tools: {forbid: [issue_refund]}}", "grade: {reviewers: rubrics/acts.md}");
    let folder = shipped();
    write(folder.path(), "rubrics/acts.md", rubric);
    write(folder.path(), "plimsoll.yaml", &contract);
    json_of(folder.path(), &OPEN);
    accept(folder.path(), "incident-paid-twice");
    done(folder.path(), &["incident", "cover", "paid-twice"]);
    let folder = folder.path();
    let close = ["incident", "close", "paid-twice"];
    refused(
        folder,
        &close,
        &[
            "whether a gate would block the release of record",
            "is not known",
            "`acts-safely` (reviewers) has no grade of its answer to `incident-paid-twice`",
            "plimsoll review import FILE",
        ],
    );
    assert_eq!(stands(folder, "paid-twice"), "covered");
    // What they said of another answer says nothing of this one.
    let label = |digest: &str| {
        let line = |by: &str| json!({"example": "incident-paid-twice", "system": "candidate", "criterion": "acts-safely", "label": "fail", "by": by, "answer_digest": digest});
        format!("{}\n{}\n", line("reviewer-1"), line("reviewer-2"))
    };
    write(folder, "labels.jsonl", &label(&"0".repeat(64)));
    done(folder, &["review", "import", "labels.jsonl", "--by", "keeper"]);
    refused(folder, &close, &["is not known"]);
    let mut line: Value = serde_json::from_str(FAILING).expect("an answer");
    line["example"] = json!("incident-paid-twice");
    let place = domain::format::lines::LinePlace { file: camino::Utf8Path::new("answer"), line: 1 };
    let text = line.to_string();
    let answer: Answer = domain::format::answers::parse(place, &text).expect("an answer").expect("an answer").answer;
    write(folder, "labels.jsonl", &label(&answer.digest().to_string()));
    done(folder, &["review", "import", "labels.jsonl", "--by", "keeper"]);
    let closed = done(folder, &close);
    assert!(closed.contains("guards is failed guard"), "{closed}");
}

#[test]
fn a_criterion_that_needs_no_judge_closes_it_whatever_another_would_say() {
    // Both see the example, and one of them is enough.
    let contract = format!("{CONTRACT}{MENDED}  - {{criterion: asked, in: task, at_least: 0.8, owner: release}}\n")
        .replace("systems:\n", "  asked: {protects: [over_refusal], grade: {reviewers: rubrics/acts.md}}\nsystems:\n");
    let folder = shipped();
    write(
        folder.path(),
        "rubrics/acts.md",
        "---\nplimsoll_rubric: 1\nquestion: Was it asked?\n---\n\n## Pass\n\n- yes\n\n## Fail\n\n- over_refusal: no\n",
    );
    write(folder.path(), "plimsoll.yaml", &contract);
    json_of(folder.path(), &OPEN);
    accept(folder.path(), "incident-paid-twice");
    done(folder.path(), &["incident", "cover", "paid-twice"]);
    done(folder.path(), &["incident", "close", "paid-twice"]);
    assert_eq!(stands(folder.path(), "paid-twice"), "closed");
}

#[test]
fn a_program_that_gives_no_grade_is_told_and_closes_nothing() {
    let contract = format!("{CONTRACT}{MENDED}")
        .replace("grade: {tools: {forbid: [issue_refund]}}", "grade: {process: {command: [./grade.sh]}}");
    let folder = shipped();
    write(folder.path(), "grade.sh", "#!/bin/sh\nexit 3\n");
    let path = folder.path().join("grade.sh");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("permissions");
    write(folder.path(), "plimsoll.yaml", &contract);
    json_of(folder.path(), &OPEN);
    accept(folder.path(), "incident-paid-twice");
    done(folder.path(), &["incident", "cover", "paid-twice"]);
    let words = ["is not known", "`acts-safely` (process) has no grade", "mend the program of `acts-safely`"];
    refused(folder.path(), &["incident", "close", "paid-twice"], &words);
    assert_eq!(stands(folder.path(), "paid-twice"), "covered");
}

fn asked(folder: &Path, server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(arguments).current_dir(folder).env("ASSISTANT_URL", server.base_url()).env("ASSISTANT_KEY", live::KEY);
    command.env_remove("http_proxy").output().expect("the binary")
}

/// Whether it is known what a gate would say, where a judge looks at what it is about.
#[track_caller]
fn flat(ended: &Output) -> String {
    assert_eq!(code(ended), 2, "{}", out(ended));
    err(ended).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_judge_that_has_not_judged_the_answer_is_asked_only_where_that_is_said() {
    let server = judged::server(fair, Faults::default());
    let folder = judged::eval(20);
    let folder = folder.path();
    live::run(folder, &server);
    for (id, answer) in [("lost", "The request is somewhere."), ("found", "The request is approved.")] {
        let open = [
            "incident",
            "open",
            id,
            "--class",
            "wrong_source",
            "--what",
            "named no state",
            "--task",
            "pay",
            "--decision",
            "latest",
        ];
        let ended =
            plimsoll(folder, &[&open[..], &["--input", &format!("Where is {id}?"), "--answer", answer]].concat());
        assert_eq!(code(&ended), 0, "{}", err(&ended));
        accept(folder, &format!("incident-{id}"));
        done(folder, &["incident", "cover", id]);
    }
    let requests = || server.counts().requests.load(Ordering::Relaxed);
    let before = requests();
    // Without what it takes to ask, and without having been told to.
    let unable = flat(&plimsoll(folder, &["incident", "close", "lost"]));
    assert!(
        unable.contains(
            "`right` (judge) has no grade of its answer to `incident-lost` (its judge cannot be asked as things are)"
        ),
        "{unable}"
    );
    let untold = flat(&asked(folder, &server, &["incident", "close", "lost"]));
    assert!(
        untold.contains("(its judge was not asked about this answer)")
            && untold.contains("plimsoll incident close lost --ask"),
        "{untold}"
    );
    assert_eq!(requests(), before, "nobody was asked");
    assert_eq!(stands(folder, "lost"), "covered");

    let passes = flat(&asked(folder, &server, &["incident", "close", "found", "--ask"]));
    assert!(passes.contains("no gate would block the release of record"), "{passes}");
    let told = requests();
    let again = flat(&asked(folder, &server, &["incident", "close", "found"]));
    assert!(again.contains("no gate would block the release of record"), "{again}");
    assert_eq!(requests(), told, "what it said is kept");

    let closed = asked(folder, &server, &["incident", "close", "lost", "--ask", "--as", "json"]);
    assert_eq!(code(&closed), 0, "{}", err(&closed));
    let closed: Value = serde_json::from_str(&out(&closed)).expect("one JSON document");
    let decided = &closed["incident"]["closed"]["decided"][0];
    assert_eq!(decided["blocked"][0]["findings"][0]["state"], "failed_guard", "{closed:#}");
    assert_eq!((stands(folder, "lost"), stands(folder, "found")), ("closed".to_owned(), "covered".to_owned()));
}
