//! The harness itself: it must be able to fail.

use super::*;
