//! Whether a promise is written in English, whose words are known here, and what the form of a promise in any other language shows.
//!
//! in      texts
//! out     a guess at the language from the small words that hold sentences together; the size of a text
//! note    what is in doubt is English: the stricter reading

/// Small words of English that other languages in Latin letters do not have.
const ENGLISH: &str = "the and of to for with when that which from by never must only not are their what who any every than without has \
    be it at this your our if is always should all";

/// Small words of other languages in Latin letters that English does not have.
const OTHER: &str = "der das dem des und oder nicht nie niemals f\u{fc}r mit ohne wenn wird werden ein eine einen einem einer zu zur zum auf aus bei nur sie von vom \
    de le la les du une et au aux par dans jamais ne pas que qui quand si leur leurs avec sur est sont \
    el los las del y en para por con nunca cuando su sus es son solo \
    il lo gli di della delle dei mai che quando senza alla nel \
    os da dos das em um uma com sem n\u{e3}o ao pela pelo \
    het een van voor met zonder nooit niet wanneer alleen \
    og ikke aldrig med til av som och inte aldrig att det den \
    nie nigdy oraz jest przez jen nikdy kdy ve \u{fc}zerinde i\u{e7}in asla ve bir ja ei kun";

/// What English text as long as this has at least one small word of.
const LONG: usize = 15;

pub fn is_english<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let text = texts.collect::<Vec<_>>().join(" ").to_lowercase();
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    // Beyond the letters of Latin alphabets.
    let foreign = letters().filter(|c| *c > '\u{24f}').count();
    if foreign * 3 > letters().count() {
        return false;
    }
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let known = |list: &str| words().filter(|word| list.split_whitespace().any(|known| known == *word)).count();
    let (english, other) = (known(ENGLISH), known(OTHER));
    if english == 0 && other == 0 {
        return text.is_ascii() && words().count() <= LONG;
    }
    english >= other
}

/// How much a text says, whatever its language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Where words are not set apart, two characters are taken as one.
    pub words: usize,
    /// In letters of an alphabet; a character that stands for a syllable or a word counts as the letters that it spares.
    pub letters: usize,
}

pub fn size(text: &str) -> Size {
    let weight = |c: char| match c {
        '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}' => 2,
        '\u{3400}'..='\u{9fff}' => 4,
        _ => 1,
    };
    // Kana, Han, Thai, Lao, Khmer and Burmese are written without blanks.
    let is_run_on = |c: char| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    let run_on = text.chars().filter(|c| is_run_on(*c)).count();
    let apart = |part: &&str| !part.is_empty();
    let words = text.split(|c: char| !c.is_alphanumeric() || is_run_on(c)).filter(apart).count();
    Size { words: words + run_on.div_ceil(2), letters: text.chars().filter(|c| c.is_alphanumeric()).map(weight).sum() }
}
