//! The codes of findings about an eval.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// The codes, each with its severity and title. A code keeps its meaning for ever; `docs/checks.md` explains each.
pub const CODES: &[(&str, Severity, &str)] = &[
    ("PLM001", Severity::Error, "the promise is missing or vague"),
    ("PLM002", Severity::Warning, "fewer than five tasks"),
    ("PLM003", Severity::Warning, "fewer than five priced failures"),
    ("PLM004", Severity::Error, "a criterion protects nothing"),
    ("PLM005", Severity::Warning, "two criteria always fail together"),
    ("PLM006", Severity::Error, "a threshold without an owner"),
    ("PLM007", Severity::Warning, "a threshold without an action"),
    ("PLM008", Severity::Error, "a gate cannot be decided with these examples"),
    ("PLM009", Severity::Warning, "a task has no example"),
    ("PLM010", Severity::Warning, "a high-cost failure that nothing would catch"),
    ("PLM011", Severity::Warning, "all examples come from one source"),
    ("PLM012", Severity::Error, "synthetic or demo examples stand in for traffic"),
    ("PLM013", Severity::Warning, "traffic without a known chance of inclusion"),
    ("PLM014", Severity::Warning, "an example is past its review date"),
    ("PLM015", Severity::Warning, "duplicate examples"),
    ("PLM016", Severity::Error, "conflicting examples"),
    ("PLM017", Severity::Warning, "examples that nobody owns"),
    ("PLM018", Severity::Warning, "an example depends on a document version that changed"),
    ("PLM019", Severity::Error, "no production system to compare with"),
    ("PLM020", Severity::Warning, "a judge of the candidate's own model family"),
    ("PLM021", Severity::Error, "no gate blocks"),
    ("PLM022", Severity::Error, "no active example"),
    ("PLM023", Severity::Note, "no fallback"),
    ("PLM024", Severity::Warning, "an incident without a guard"),
    ("PLM025", Severity::Warning, "a criterion that no blocking gate uses"),
    ("PLM026", Severity::Error, "a gate where its criterion applies to no example"),
    ("PLM027", Severity::Error, "a reference of which nothing is left to compare"),
    ("PLM028", Severity::Error, "a blocking gate rests on a judge that is not calibrated"),
    ("PLM029", Severity::Error, "a rubric that is not there"),
    ("PLM030", Severity::Warning, "a criterion that people grade, and nobody has labelled"),
    ("PLM031", Severity::Error, "a cut by an attribute that no example has"),
    ("PLM032", Severity::Warning, "examples without an attribute that something rests on"),
    ("PLM033", Severity::Warning, "a task that the contract does not name"),
    ("PLM034", Severity::Warning, "a variant that no criterion compares with its base"),
    ("PLM035", Severity::Error, "a gate against a fallback that is not there"),
    ("PLM036", Severity::Error, "shares that leave out a value"),
    ("PLM037", Severity::Error, "one look, spent before anybody can label"),
    ("PLM038", Severity::Note, "the examples come with the scores"),
    ("PLM039", Severity::Warning, "weights that leave little of the examples"),
];
