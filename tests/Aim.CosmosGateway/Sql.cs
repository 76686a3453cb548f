using System.Text;
using System.Text.Json;

namespace Aim.CosmosGateway;

/// <summary>Reads the part of the query language that is spoken here; anything else is refused by name.</summary>
internal sealed class Sql
{
    /// <summary>Stands in a rewritten query where the SDK puts what has been read of an ordered result.</summary>
    public const string ResumeFilter = "{documentdb-formattableorderbyquery-filter}";

    private readonly string text;
    private readonly List<string> tokens;
    private int position;
    private string alias = "c";

    private Sql(string text)
    {
        this.text = text;
        tokens = Tokenize(text);
    }

    public static Select Parse(string text) => new Sql(text).ParseSelect();

    /// <summary>The form of a patch's condition: <c>FROM c WHERE …</c>.</summary>
    public static Expression ParseCondition(string text)
    {
        var sql = new Sql(text);
        sql.From();
        sql.Expect("WHERE");
        var condition = sql.Or();
        sql.End();
        return condition;
    }

    private Select ParseSelect()
    {
        Expect("SELECT");
        var fields = new List<(string Name, Expression Value)>();
        Expression? value = null;
        if (Accept("VALUE")) value = Or();
        else if (!Accept("*")) do fields.Add(Field()); while (Accept(","));
        From();
        var where = Accept("WHERE") ? Or() : null;
        var order = new List<(Expression By, bool Descending)>();
        if (Accept("ORDER"))
        {
            Expect("BY");
            do order.Add((Primary(), !Accept("ASC") && Accept("DESC"))); while (Accept(","));
        }
        End();
        return new Select(text, alias, value, fields, where, order);
    }

    private (string, Expression) Field()
    {
        var value = Or();
        var name = Accept("AS") ? Next() : value is PathValue { Steps: [.., var last] } ? last : throw Unsupported();
        return (name, value);
    }

    private void From()
    {
        Expect("FROM");
        alias = Next();
        // The projection came before the alias was known; only paths of this one alias are spoken.
        if (alias is not ("c" or "root")) throw RefusedException.Unsupported($"FROM {alias}");
    }

    private Expression Or()
    {
        var terms = new List<Expression> { And() };
        while (Accept("OR")) terms.Add(And());
        return terms.Count == 1 ? terms[0] : new AnyOf(terms);
    }

    private Expression And()
    {
        var terms = new List<Expression> { Comparison() };
        while (Accept("AND")) terms.Add(Comparison());
        return terms.Count == 1 ? terms[0] : new AllOf(terms);
    }

    private Expression Comparison()
    {
        var left = Primary();
        if (Accept("IN"))
        {
            Expect("(");
            var values = new List<Expression>();
            do values.Add(Primary()); while (Accept(","));
            Expect(")");
            return new OneOf(left, values);
        }
        foreach (var sign in new[] { "=", "<=", ">=", "<", ">" }) if (Accept(sign)) return new Comparison(left, sign, Primary());
        return left;
    }

    private Expression Primary()
    {
        if (Accept("("))
        {
            var inner = Or();
            Expect(")");
            return inner;
        }
        if (Accept("[")) return new ArrayValue(Items("]"));
        if (Accept("{")) return new ObjectValue(Properties());
        var token = Next();
        if (token[0] == '@') return new ParameterValue(token);
        if (token is "true" or "false" || token[0] is '"' or '\'' || char.IsAsciiDigit(token[0]) || token[0] == '-') return Constant.Parse(token);
        if (Is("(")) return Call(token);
        if (token is not ("c" or "root")) throw Unsupported();
        return new PathValue(Steps());
    }

    private List<string> Steps()
    {
        var steps = new List<string>();
        while (true)
        {
            if (Accept(".")) steps.Add(Next());
            else if (Accept("["))
            {
                steps.Add(Next().Trim('"'));
                Expect("]");
            }
            else return steps;
        }
    }

    private Expression Call(string name)
    {
        Expect("(");
        var arguments = Items(")");
        return (name.ToUpperInvariant(), arguments.Count) switch
        {
            ("ARRAY_CONTAINS", 2) => new Contains(arguments[0], arguments[1]),
            _ => throw RefusedException.Unsupported($"{name} with {arguments.Count} arguments"),
        };
    }

    private List<Expression> Items(string end)
    {
        var items = new List<Expression>();
        if (Accept(end)) return items;
        do items.Add(Or()); while (Accept(","));
        Expect(end);
        return items;
    }

    private List<(string, Expression)> Properties()
    {
        var properties = new List<(string, Expression)>();
        do
        {
            var name = Next().Trim('"');
            Expect(":");
            properties.Add((name, Or()));
        }
        while (Accept(","));
        Expect("}");
        return properties;
    }

    private bool Is(string token) => position < tokens.Count && tokens[position].Equals(token, StringComparison.OrdinalIgnoreCase);

    private bool Accept(string token)
    {
        if (!Is(token)) return false;
        position++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Accept(token)) throw Unsupported();
    }

    private string Next() => position < tokens.Count ? tokens[position++] : throw Unsupported();

    private void End()
    {
        if (position < tokens.Count) throw Unsupported();
    }

    private RefusedException Unsupported() => RefusedException.Unsupported($"this SQL near '{(position < tokens.Count ? tokens[position] : "the end")}': {text}");

    private static List<string> Tokenize(string text)
    {
        var tokens = new List<string>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }
            var length = TokenLength(text, i);
            tokens.Add(text.Substring(i, length));
            i += length;
        }
        return tokens;
    }

    private static int TokenLength(string text, int start)
    {
        var first = text[start];
        if (first is '"' or '\'')
        {
            var end = text.IndexOf(first, start + 1);
            return end > 0 && text.IndexOf('\\', start, end - start) < 0 ? end - start + 1 : throw RefusedException.Unsupported($"the text constant at {start}: {text}");
        }
        if (IsWord(first) || first is '@' or '-')
        {
            var end = start + 1;
            while (end < text.Length && IsWord(text[end])) end++;
            return end - start;
        }
        return first is '<' or '>' && start + 1 < text.Length && text[start + 1] == '=' ? 2 : 1;
    }

    private static bool IsWord(char character) => char.IsLetterOrDigit(character) || character == '_';
}

/// <summary>A query, parsed.</summary>
internal sealed record Select(
    string Text, string Alias, Expression? Value, IReadOnlyList<(string Name, Expression Value)> Fields, Expression? Where, IReadOnlyList<(Expression By, bool Descending)> Order)
{
    public byte[] Project(Item item, Parameters parameters)
    {
        if (Value is null && Fields.Count == 0) return item.Json;
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            if (Value is not null) Value.Write(writer, item.Root, parameters);
            else new ObjectValue(Fields).Write(writer, item.Root, parameters);
        }
        return stream.ToArray();
    }

    /// <summary>
    /// The form in which ranges answer an ordered query, for the SDK to merge: what to order by, and what the query asks for.
    /// </summary>
    public string Rewrite()
    {
        if (Value is not null) throw RefusedException.Unsupported("an ordered query of single values across partitions");
        var payload = Fields.Count == 0 ? Alias : $"{{{string.Join(", ", Fields.Select(field => $"\"{field.Name}\": {((PathValue)field.Value).Text(Alias)}"))}}}";
        if (Order.Count != 1) throw RefusedException.Unsupported("an order by more than one property across partitions");
        var by = ((PathValue)Order[0].By).Text(Alias);
        var filter = Where is null ? Sql.ResumeFilter : $"({Text[(Text.IndexOf("WHERE", StringComparison.OrdinalIgnoreCase) + "WHERE".Length)..Text.IndexOf("ORDER BY", StringComparison.OrdinalIgnoreCase)].Trim()}) AND ({Sql.ResumeFilter})";
        return new StringBuilder($"SELECT {Alias}._rid, [{{\"item\": {by}}}] AS orderByItems, {payload} AS payload FROM {Alias} WHERE {filter} ORDER BY {by}")
            .Append(Order[0].Descending ? " DESC" : " ASC").ToString();
    }
}
