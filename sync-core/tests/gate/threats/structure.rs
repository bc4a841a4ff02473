//! A change that says what cannot be is held, and its record goes on.

use super::*;

#[test]
fn changes_that_say_the_impossible_are_held_and_everybody_goes_on() {
    let (world, record) = stage();
    let stranger = ActorId::from([9; 16]);
    let text = text_of(&world, record);
    let author = ActorName::derive(&world.station.id, world.device(AUTHOR), record, 0);
    let own = ActorId::from(author.0);
    type Tell<'a> = Box<dyn Fn(&mut ExpandedChange) + 'a>;
    let cases: Vec<(&str, Code, Tell<'_>)> = vec![
        (
            "unknown actor in an object id",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(3, stranger.clone()));
            }),
        ),
        (
            "missing object",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(9_999, own.clone()));
            }),
        ),
        (
            "missing element",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].obj = text.clone();
                c.operations[0].insert = true;
                c.operations[0].key = Key::Seq(ElementId::Id(OpId(9_999, own.clone())));
            }),
        ),
        ("sequence gap", Code::Unsound, Box::new(|c| c.seq += 1)),
        (
            "sequence used before",
            Code::Unsound,
            Box::new(|c| c.seq -= 1),
        ),
        (
            "start_op just below 2^32",
            Code::Unsound,
            Box::new(|c| {
                c.start_op = (u64::from(u32::MAX) - 1).try_into().unwrap();
            }),
        ),
        (
            "start_op used before",
            Code::Unsound,
            Box::new(|c| c.start_op = 1.try_into().unwrap()),
        ),
        (
            "a predecessor that does not exist",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].pred = vec![OpId(2, stranger.clone())].into();
            }),
        ),
        (
            "no predecessor where there is a value",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0].key = Key::Map("title".into());
            }),
        ),
        (
            "a map operation in a text",
            Code::Unsound,
            Box::new(|c| c.operations[0].obj = text.clone()),
        ),
        (
            "an insertion in a map",
            Code::Unsound,
            Box::new(|c| c.operations[0].insert = true),
        ),
        (
            "an object id with counter 0",
            Code::BadChange,
            Box::new(|c| {
                c.operations[0].obj = ObjectId::Id(OpId(0, own.clone()));
            }),
        ),
        (
            "invented dependency",
            Code::UnknownDependency,
            Box::new(|c| c.deps = vec![ChangeHash([7; 32])]),
        ),
        (
            "no dependency",
            Code::WrongRecord,
            Box::new(|c| c.deps.clear()),
        ),
        (
            "the same dependency twice",
            Code::Unsound,
            Box::new(|c| c.deps.extend(c.deps.clone())),
        ),
        (
            "the smallest time",
            Code::Unsound,
            Box::new(|c| c.time = i64::MIN),
        ),
        (
            "no operation",
            Code::Unsound,
            Box::new(|c| c.operations.clear()),
        ),
        (
            "somebody's actor",
            Code::WrongActor,
            Box::new(|c| c.actor_id = stranger.clone()),
        ),
        (
            "a list",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = OpType::Make(ObjType::List)),
        ),
        (
            "a counter",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = OpType::Increment(1)),
        ),
        (
            "a message",
            Code::BadChange,
            Box::new(|c| c.message = Some("x".into())),
        ),
        (
            "trailing bytes",
            Code::BadChange,
            Box::new(|c| c.extra_bytes = vec![1]),
        ),
        (
            "a value too long",
            Code::BadChange,
            Box::new(|c| c.operations[0].action = put(&"x".repeat(20_000))),
        ),
        (
            "kind written again",
            Code::Unsound,
            Box::new(|c| c.operations = vec![op(&ObjectId::Root, "kind", put("note"))]),
        ),
        (
            "something new at the root",
            Code::UnknownPath,
            Box::new(|c| c.operations = vec![op(&ObjectId::Root, "x", put("y"))]),
        ),
        (
            "a row under a name not its own",
            Code::BadName,
            Box::new(|c| {
                c.operations[0].key = Key::Map("lines/AAAAAAAAAAA".into());
                c.operations[0].action = OpType::Make(ObjType::Map);
            }),
        ),
        (
            "a text added later",
            Code::WrongForm,
            Box::new(|c| c.operations[0].action = OpType::Make(ObjType::Text)),
        ),
        (
            "a field of another form",
            Code::WrongForm,
            Box::new(|c| c.operations[0].action = OpType::Put(ScalarValue::Int(1))),
        ),
        (
            "a letter of two",
            Code::Unsound,
            Box::new(|c| {
                c.operations[0] = Op {
                    action: put("ab"),
                    obj: text.clone(),
                    key: Key::head(),
                    pred: Vec::new().into(),
                    insert: true,
                };
            }),
        ),
        (
            "maps 300 deep",
            Code::Unsound,
            Box::new(|c| {
                let mut at = ObjectId::Root;
                let first = c.start_op.get();
                c.operations = (0..300)
                    .map(|depth| {
                        let made = op(&at, "x", OpType::Make(ObjType::Map));
                        at = ObjectId::Id(OpId(first + depth, own.clone()));
                        made
                    })
                    .collect();
            }),
        ),
    ];
    for (name, wanted, tell) in cases {
        let (mut world, _) = stage();
        let change = told(&world, record, tell);
        assert_eq!(
            code(&mut world, AUTHOR, record, change),
            Some(wanted),
            "{name}"
        );
    }
}
