//! Reasons to retire an example.

use crate::name::ExampleId;
use crate::review::Complaint;
use crate::share::Share;

#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It rests on a version of a document that is not the one in force.
    SourceChanged {
        document: String,
        was: String,
        now: String,
    },
    /// It rests on a document that the contract does not name any more.
    SourceGone {
        document: String,
        was: String,
    },
    /// Its task was in the contract of an earlier decision, and is not in this one.
    TaskGone {
        task: String,
    },
    /// Somebody said that the product does otherwise now.
    ProductChanged {
        why: String,
    },
    /// Reviewers said of it that it is wrong or stale.
    Reported {
        complaint: Complaint,
        /// Who, and in which words, where they gave any; each once, in the order in which they said it.
        by: Vec<(String, String)>,
        /// Instant of the last of them.
        last: String,
    },
    PastReview {
        date: String,
    },
    /// Another active example asks and expects the same.
    Duplicate {
        of: ExampleId,
    },
    /// Another active example asks nearly the same and expects the same.
    NearDuplicate {
        of: ExampleId,
        /// The cosine of what they ask.
        similarity: Share,
    },
    NeverDecisive {
        decisions: u16,
    },
    Saturated {
        decisions: u16,
    },
}

impl Reason {
    pub const CODES: [&str; 11] = [
        "source_changed",
        "source_gone",
        "task_gone",
        "product_changed",
        "reported_wrong",
        "reported_stale",
        "past_review",
        "duplicate",
        "near_duplicate",
        "never_decisive",
        "saturated",
    ];

    /// The kind of reason, which never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::SourceChanged { .. } => "source_changed",
            Reason::SourceGone { .. } => "source_gone",
            Reason::TaskGone { .. } => "task_gone",
            Reason::ProductChanged { .. } => "product_changed",
            Reason::Reported { complaint: Complaint::Wrong, .. } => "reported_wrong",
            Reason::Reported { complaint: Complaint::Stale, .. } => "reported_stale",
            Reason::PastReview { .. } => "past_review",
            Reason::Duplicate { .. } => "duplicate",
            Reason::NearDuplicate { .. } => "near_duplicate",
            Reason::NeverDecisive { .. } => "never_decisive",
            Reason::Saturated { .. } => "saturated",
        }
    }

    /// What tells this reason from another of its kind: whoever turned one down turned down this one, and not what is so after the
    /// next change.
    pub fn about(&self) -> String {
        match self {
            Reason::SourceChanged { document, now, .. } => format!("{document} {now}"),
            Reason::SourceGone { document, .. } => document.clone(),
            Reason::TaskGone { task } => task.clone(),
            Reason::ProductChanged { why } => why.clone(),
            // Whoever says it again after somebody turned it down is heard again.
            Reason::Reported { last, .. } => last.clone(),
            Reason::PastReview { date } => date.clone(),
            Reason::Duplicate { of } | Reason::NearDuplicate { of, .. } => of.to_string(),
            Reason::NeverDecisive { .. } | Reason::Saturated { .. } => String::new(),
        }
    }

    /// The other example that makes it one too many.
    pub fn beside(&self) -> Option<&ExampleId> {
        match self {
            Reason::Duplicate { of } | Reason::NearDuplicate { of, .. } => Some(of),
            _ => None,
        }
    }

    /// With its numbers, as the reason of a retired example has it.
    pub fn words(&self) -> String {
        let last = |decisions: &u16| match decisions {
            1 => "the last decision".to_owned(),
            more => format!("each of the last {more} decisions"),
        };
        match self {
            Reason::SourceChanged { document, was, now } => {
                format!("depends on {document} {was}, and {now} is in force")
            }
            Reason::SourceGone { document, was } => {
                format!("depends on {document} {was}, and the contract no longer names {document}")
            }
            Reason::TaskGone { task } => format!("its task `{task}` is no longer in the contract"),
            Reason::ProductChanged { why } => format!("the product changed: {why}"),
            Reason::Reported { complaint, by, .. } => {
                let said = |(by, why): &(String, String)| {
                    if why.is_empty() { format!("by {by}") } else { format!("by {by} ({why})") }
                };
                format!("reported as {} {}", complaint.as_str(), by.iter().map(said).collect::<Vec<_>>().join(", "))
            }
            Reason::PastReview { date } => format!("was to be reviewed by {date}"),
            Reason::Duplicate { of } => format!("asks and expects what `{of}` does"),
            Reason::NearDuplicate { of, similarity } => {
                format!("asks nearly what `{of}` does ({:.2} alike) and expects the same", similarity.get())
            }
            Reason::NeverDecisive { decisions } => {
                format!("without it no gate would have said anything else in {}", last(decisions))
            }
            Reason::Saturated { decisions } => {
                format!("every system passed every criterion on it in {}", last(decisions))
            }
        }
    }
}
