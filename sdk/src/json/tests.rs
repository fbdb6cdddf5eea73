use std::{
    format,
    string::{String, ToString as _},
};

use proptest::prelude::*;
use serde_json::{Map, Value as Tree};

use super::*;

fn reads(text: &str) -> Result<Json<'_>, JsonError> {
    parse(text.as_bytes())
}

/// What `serde_json` would have made of it.
fn tree(json: &Json<'_>) -> Tree {
    match json {
        Json::Null => Tree::Null,
        Json::Bool(value) => Tree::Bool(*value),
        Json::Integer(value) => Tree::from(*value),
        Json::Number => Tree::from("a number"),
        Json::String(value) => Tree::from(value.as_ref()),
        Json::Array(items) => items.iter().map(tree).collect(),
        Json::Object(object) => object
            .members()
            .map(|(name, value)| (name.into(), tree(value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// The same, with numbers that are no 64-bit integers replaced.
fn simplified(tree: Tree) -> Tree {
    match tree {
        Tree::Number(number) if number.as_i64().is_none() || number.to_string() == "-0" => {
            Tree::from("a number")
        }
        Tree::Array(items) => items.into_iter().map(simplified).collect(),
        Tree::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, simplified(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn depth(tree: &Tree) -> usize {
    match tree {
        Tree::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Tree::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[test]
fn numbers_are_told_apart() {
    for text in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(
            reads(text),
            Ok(Json::Integer(text.parse().unwrap())),
            "{text}"
        );
    }
    let others = [
        "-0",
        "1.0",
        "1e3",
        "0.5",
        "9223372036854775808",
        "18446744073709551615",
        "1e300",
        "-0.0",
        "1.7976931348623157e308",
        "179769313486231570000e288",
        "0.00017976931348623157e312",
        "0e99999999999999999999",
        "0.0e-99999999999999999999",
        "1e-99999999999999999999",
        "-1e-400",
    ];
    for text in others {
        assert_eq!(reads(text), Ok(Json::Number), "{text}");
    }
    let long = format!("2{}", "0".repeat(308));
    for text in [
        "1.7976931348623159e308",
        "-1.8e+308",
        "0.0001E313",
        "1e400",
        "-1e400",
        "1e99999999999999999999",
        &long,
    ] {
        assert_eq!(reads(text), Err(JsonError::NumberRange), "{text}");
    }
    for text in ["01", "1.", ".5", "+1", "NaN", "Infinity", "0x10", "1e"] {
        assert!(reads(text).is_err(), "{text}");
    }
}

#[test]
fn members_of_one_name_are_refused_at_every_level() {
    for text in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"b":2,"\u0061":3}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        r#"[[{"a":null,"a":null}]]"#,
    ] {
        assert_eq!(reads(text), Err(JsonError::DuplicateMember), "{text}");
    }
    assert!(reads(r#"{"a":{"a":1},"A":1}"#).is_ok());
}

#[test]
fn eight_levels_and_no_more() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let levels = usize::from(MAX_DEPTH) / open.matches(['[', '{']).count();
        let nested = |levels| format!("{}1{}", open.repeat(levels), close.repeat(levels));
        assert!(reads(&nested(levels)).is_ok());
        assert_eq!(reads(&nested(levels + 1)), Err(JsonError::TooDeep));
    }
    for empty in ["[]", "{}"] {
        let nested = |levels| format!("{}{empty}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(reads(&nested(7)).is_ok());
        assert_eq!(reads(&nested(8)), Err(JsonError::TooDeep));
    }
    let bottomless = "[".repeat(100_000);
    assert_eq!(reads(&bottomless), Err(JsonError::TooDeep));
}

#[test]
fn text_that_is_no_json() {
    assert_eq!(parse(b"\"\xff\""), Err(JsonError::Utf8));
    for text in [
        "",
        " ",
        "{} {}",
        "[]]",
        "{,}",
        "[1,]",
        r#"{"a":1,}"#,
        "{a:1}",
        "'a'",
        "nul",
        "\u{feff}{}",
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udc00""#,
        "\"\u{1}\"",
        r#"{"\ud800":1}"#,
        "{1:2}",
        "// c\n1",
        "{null:1}",
    ] {
        assert_eq!(reads(text), Err(JsonError::Syntax), "{text:?}");
    }
    assert_eq!(Object::parse(b"[]"), Err(JsonError::NotAnObject));
}

#[test]
fn strings_borrow_unless_they_are_escaped() {
    assert!(matches!(
        reads(r#""plain é""#),
        Ok(Json::String(Cow::Borrowed("plain é")))
    ));
    assert!(
        matches!(reads(r#""\ud83d\ude00""#), Ok(Json::String(Cow::Owned(text))) if text == "😀")
    );
}

#[test]
fn the_private_marker_of_a_number_is_a_name_like_any_other() {
    for name in [
        "$serde_json::private::Number",
        "$serde_json::private::RawValue",
    ] {
        let text = format!(r#"{{"{name}":"5"}}"#);
        let object = Object::parse(text.as_bytes()).unwrap();
        assert_eq!(object.get(name), Some(&Json::String("5".into())));
    }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::from),
        any::<i64>().prop_map(Tree::from),
        any::<u64>().prop_map(Tree::from),
        any::<f64>()
            .prop_filter("JSON has none", |it| it.is_finite())
            .prop_map(Tree::from),
        ".{0,12}".prop_map(Tree::from),
    ];
    leaf.prop_recursive(10, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::from),
            prop::collection::btree_map(".{0,4}", inner, 0..6)
                .prop_map(|it| it.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

/// Snippets that, strung together, often make JSON and often just miss it.
fn nearly_json() -> impl Strategy<Value = String> {
    let snippet = prop::sample::select(std::vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"\\u0061\"",
        "\"\\ud800\"",
        "1",
        "-0",
        "1.5",
        "1e9",
        "01",
        "null",
        "true",
        "false",
        " ",
        "\n",
        "\"",
        "\\",
        "é",
    ]);
    prop::collection::vec(snippet, 0..14).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn numbers_are_in_range_where_floats_are_finite(
        negative in any::<bool>(), whole in "0|[1-9][0-9]{0,8}", fraction in "[0-9]{1,20}",
        exponent in -340_i32..340,
    ) {
        let sign = if negative { "-" } else { "" };
        let text = format!("{sign}{whole}.{fraction}e{exponent}");
        let finite = text.parse::<f64>().is_ok_and(f64::is_finite);
        prop_assert_eq!(reads(&text).is_ok(), finite, "{}", text);
    }

    #[test]
    fn takes_what_serde_json_takes_up_to_its_depth(tree_in in any_tree()) {
        let text = tree_in.to_string();
        match reads(&text) {
            Ok(json) => {
                prop_assert!(depth(&tree_in) <= 8);
                prop_assert_eq!(tree(&json), simplified(tree_in));
            }
            Err(fault) => {
                prop_assert_eq!(fault, JsonError::TooDeep);
                prop_assert!(depth(&tree_in) > 8);
            }
        }
    }

    #[test]
    fn refuses_what_serde_json_refuses(text in nearly_json()) {
        match (reads(&text), serde_json::from_str::<Tree>(&text)) {
            (Ok(json), Ok(theirs)) => prop_assert_eq!(tree(&json), simplified(theirs)),
            (Ok(json), Err(_)) => prop_assert!(false, "{:?} was taken as {:?}", text, json),
            (Err(fault), Ok(_)) => prop_assert!(
                matches!(
                    fault,
                    JsonError::DuplicateMember | JsonError::TooDeep | JsonError::NumberRange
                ),
                "{:?} was refused as {}", text, fault
            ),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = parse(&bytes);
    }
}
