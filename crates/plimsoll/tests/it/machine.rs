//! A machine that fails: full disks, processes that are killed, two at once, readers that leave, folders that cannot be
//! written, surroundings that are missing. Nothing is half-written, and what comes after works.

use super::{code, err, out, plimsoll, small};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const CONTRACT: &str = include_str!("../stories/contract.yaml");
const GATES: &str = "gates:\n  - {criterion: right, in: task, at_least: 80%, else: repair retrieval, owner: release}\n";

/// An eval of this many conversations of each of two tasks that ships.
fn eval_of(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("plimsoll.yaml"), format!("{CONTRACT}{GATES}")).expect("a contract");
    let all = 2 * count;
    small::write(
        folder.path(),
        &format!("pay*{count}\nrefund*{count}"),
        &format!("candidate right 1*{all}\nproduction right 1*{all}"),
    );
    folder
}

fn sh(folder: &Path, script: &str) -> Output {
    let binary = env!("CARGO_BIN_EXE_plimsoll");
    Command::new("sh").args(["-c", script]).env("plimsoll", binary).current_dir(folder).output().expect("a shell")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Every record is whole, a run works, what it leaves verifies, and nothing unfinished lies about.
#[track_caller]
fn is_sound(folder: &Path) {
    let state = folder.join(".plimsoll");
    for record in names(&state.join("records")).iter().filter(|name| name.ends_with(".json")) {
        let text = std::fs::read_to_string(state.join("records").join(record)).expect("a record");
        serde_json::from_str::<serde_json::Value>(&text).expect("a whole record");
        let verified = plimsoll(folder, &["verify", record.trim_end_matches(".json")]);
        assert_eq!(code(&verified), 0, "{}{}", out(&verified), err(&verified));
    }
    let run = plimsoll(folder, &["run"]);
    assert_eq!(code(&run), 0, "{}{}", out(&run), err(&run));
    let verified = plimsoll(folder, &["verify"]);
    assert_eq!(code(&verified), 0, "{}{}", out(&verified), err(&verified));
    let left: Vec<String> = [state.join("runs"), state.join("records"), state.join("chain")]
        .iter()
        .flat_map(|folder| names(folder))
        .filter(|name| name.starts_with(".run-") || name.starts_with(".unfinished-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_that_may_not_grow_leaves_no_record_and_is_ours() {
    let folder = eval_of(300);
    for blocks in [0, 1, 16] {
        let run = sh(folder.path(), &format!("ulimit -f {blocks}; \"$plimsoll\" run"));
        assert_eq!(code(&run), 1, "{blocks} blocks: {}{}", out(&run), err(&run));
        let told = err(&run);
        assert!(told.starts_with("error: cannot write") && told.contains("File too large"), "{told}");
        assert!(told.contains(".plimsoll"), "{blocks} blocks: {told}");
        assert!(names(&folder.path().join(".plimsoll/records")).is_empty(), "{blocks} blocks");
    }
    is_sound(folder.path());
}

/// Whether this machine lets us mount something that goes away with the shell.
fn mounts(folder: &Path) -> bool {
    let may =
        sh(folder, "unshare -m sh -c 'mount -t tmpfs -o size=64k none . && mount -o remount,ro .'").status.success();
    if !may {
        println!("nothing can be mounted here: full disks are told by a limit on files only");
    }
    may
}

#[test]
fn a_full_disk_leaves_no_record_and_is_ours() {
    let folder = eval_of(300);
    if !mounts(folder.path()) {
        return;
    }
    for size in ["16k", "64k"] {
        let script = format!(
            "unshare -m sh -c 'mkdir -p .plimsoll && mount -t tmpfs -o size={size} none .plimsoll && \"$plimsoll\" run; \
             code=$?; ls .plimsoll/records 2>/dev/null; exit $code'"
        );
        let run = sh(folder.path(), &script);
        assert_eq!(code(&run), 1, "{size}: {}{}", out(&run), err(&run));
        assert!(err(&run).contains("No space left"), "{}", err(&run));
        assert!(!out(&run).contains("json"), "{size}: {}", out(&run));
    }
    is_sound(folder.path());
}

#[test]
fn a_folder_that_cannot_be_written_is_ours_and_is_named() {
    let folder = eval_of(30);
    if !mounts(folder.path()) {
        return;
    }
    let script =
        "unshare -m sh -c 'mount --bind . . && mount -o remount,ro,bind . && cd \"$PWD\" && \"$plimsoll\" run'";
    let run = sh(folder.path(), script);
    assert_eq!(code(&run), 1, "{}{}", out(&run), err(&run));
    assert!(err(&run).contains("Read-only file system") && err(&run).contains(".plimsoll"), "{}", err(&run));
}

#[test]
fn a_run_that_is_killed_anywhere_leaves_nothing_that_hinders_the_next() {
    let folder = eval_of(400);
    // Killed when it has come so far, as what it has made shows.
    let reached: [&dyn Fn(&Path) -> bool; 4] = [
        &|_| true,
        &|state| names(&state.join("runs")).iter().any(|name| name.starts_with(".run-")),
        &|state| names(&state.join("runs")).iter().any(|name| !name.starts_with('.')),
        &|state| state.join("chain/lock").exists(),
    ];
    for so_far in reached {
        let _ = std::fs::remove_dir_all(folder.path().join(".plimsoll"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .arg("run")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary");
        while !so_far(&folder.path().join(".plimsoll")) && child.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().expect("an end");
        is_sound(folder.path());
    }
}

#[test]
fn whoever_was_killed_between_record_and_head_leaves_a_chain_that_holds() {
    let folder = eval_of(30);
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 0);
    let head = folder.path().join(".plimsoll/chain/head.json");
    let first = std::fs::read_to_string(&head).expect("a head");
    assert_eq!(code(&plimsoll(folder.path(), &["run"])), 0);
    let second = std::fs::read_to_string(&head).expect("a head");
    let announced = format!("{},\"next\":{second}}}", first.trim_end().trim_end_matches('}'));
    std::fs::write(&head, announced).expect("a head as it stands between");
    is_sound(folder.path());
    std::fs::write(&head, first).expect("a head that is too old");
    assert_eq!(code(&plimsoll(folder.path(), &["verify"])), 3, "a head that names another record is told");
}

#[test]
fn two_runs_at_once_follow_one_another_in_the_chain() {
    let folder = eval_of(200);
    let runs: Vec<_> = (0..4)
        .map(|_| {
            let mut run = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
            run.arg("run").current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
            run.spawn().expect("the binary")
        })
        .collect();
    for run in runs {
        let ended = run.wait_with_output().expect("an end");
        assert_eq!(code(&ended), 0, "{}", err(&ended));
    }
    assert_eq!(names(&folder.path().join(".plimsoll/records")).len(), 4);
    is_sound(folder.path());
}

#[test]
fn a_reader_that_left_does_not_change_what_was_decided() {
    let folder = eval_of(30);
    for arguments in [&["run", "--as", "html"][..], &["show"], &["verify"], &["schema"], &["check"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(arguments)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("an end");
        assert_eq!((code(&ended), err(&ended)), (0, String::new()), "{arguments:?}");
    }
}

#[test]
fn output_that_is_lost_is_told_and_the_record_stays() {
    let folder = eval_of(30);
    for command in ["run", "show", "verify"] {
        let ended = sh(folder.path(), &format!("\"$plimsoll\" {command} > /dev/full"));
        assert_eq!(code(&ended), 1, "{}", err(&ended));
        assert!(err(&ended).contains("cannot write the output"), "{}", err(&ended));
    }
    is_sound(folder.path());
}

#[test]
fn nothing_of_the_surroundings_is_needed() {
    let folder = eval_of(30);
    let run = sh(folder.path(), "env -i \"$plimsoll\" run <&-");
    assert_eq!(code(&run), 0, "{}", err(&run));
}

#[test]
fn a_path_that_is_not_utf_8_is_told() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    super::copy(eval_of(30).path(), &odd);
    let run = plimsoll(&odd, &["run"]);
    assert_eq!(code(&run), 2, "{}", err(&run));
    assert!(err(&run).contains("invalid UTF-8"), "{}", err(&run));
    let named = Command::new(env!("CARGO_BIN_EXE_plimsoll")).arg("run").arg(&odd).output().expect("the binary");
    assert_eq!(code(&named), 2);
    assert!(err(&named).contains("invalid UTF-8"), "{}", err(&named));
}
