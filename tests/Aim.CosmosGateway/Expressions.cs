using System.Text.Json;

namespace Aim.CosmosGateway;

/// <summary>The named values of a query.</summary>
internal sealed class Parameters : Dictionary<string, JsonElement>;

/// <summary>
/// An expression of the query language over one item. A value may be undefined (null here), and a comparison with an undefined value, or of values
/// of different types, does not hold.
/// </summary>
internal abstract record Expression
{
    public abstract JsonElement? Evaluate(JsonElement item, Parameters parameters);

    public virtual bool Holds(JsonElement item, Parameters parameters) => Evaluate(item, parameters) is { ValueKind: JsonValueKind.True };

    /// <summary>Writes the value; an undefined one leaves nothing.</summary>
    public virtual void Write(Utf8JsonWriter writer, JsonElement item, Parameters parameters)
    {
        if (Evaluate(item, parameters) is { } value) value.WriteTo(writer);
        else throw RefusedException.Unsupported("a projection of a property that an item hasn't");
    }

    /// <summary>The paths it looks at, to be held against the index.</summary>
    public abstract IEnumerable<PathValue> Paths { get; }

    protected static readonly JsonElement True = JsonDocument.Parse("true").RootElement;
    protected static readonly JsonElement False = JsonDocument.Parse("false").RootElement;

    /// <summary>Below zero, zero or above; null when the two cannot be compared.</summary>
    public static int? Compare(JsonElement? left, JsonElement? right)
    {
        if (left is not { } a || right is not { } b) return null;
        return (a.ValueKind, b.ValueKind) switch
        {
            (JsonValueKind.String, JsonValueKind.String) => string.CompareOrdinal(a.GetString(), b.GetString()),
            (JsonValueKind.Number, JsonValueKind.Number) => a.GetDecimal().CompareTo(b.GetDecimal()),
            (JsonValueKind.True or JsonValueKind.False, JsonValueKind.True or JsonValueKind.False) when a.ValueKind == b.ValueKind => 0,
            _ => null,
        };
    }
}

/// <summary>What is either true or not.</summary>
internal abstract record Condition : Expression
{
    public override JsonElement? Evaluate(JsonElement item, Parameters parameters) => Holds(item, parameters) ? True : False;

    public abstract override bool Holds(JsonElement item, Parameters parameters);
}

internal sealed record PathValue(IReadOnlyList<string> Steps) : Expression
{
    public override JsonElement? Evaluate(JsonElement item, Parameters parameters)
    {
        foreach (var step in Steps) if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty(step, out item)) return null;
        return item;
    }

    public override IEnumerable<PathValue> Paths => [this];

    public string IndexPath => $"/{string.Join('/', Steps)}";

    public string Text(string alias) => $"{alias}.{string.Join('.', Steps)}";
}

internal sealed record ParameterValue(string Name) : Expression
{
    public override JsonElement? Evaluate(JsonElement item, Parameters parameters) =>
        parameters.TryGetValue(Name, out var value) ? value : throw new RefusedException(StatusCodes.Status400BadRequest, $"The query has no parameter {Name}.");

    public override IEnumerable<PathValue> Paths => [];
}

internal sealed record Constant(JsonElement Value) : Expression
{
    public static Constant Parse(string token) => new(token[0] == '\'' ? JsonSerializer.SerializeToElement(token[1..^1]) : JsonDocument.Parse(token).RootElement);

    public override JsonElement? Evaluate(JsonElement item, Parameters parameters) => Value;

    public override IEnumerable<PathValue> Paths => [];
}

internal sealed record ArrayValue(IReadOnlyList<Expression> Items) : Expression
{
    public override JsonElement? Evaluate(JsonElement item, Parameters parameters) => throw RefusedException.Unsupported("an array inside an expression");

    public override void Write(Utf8JsonWriter writer, JsonElement item, Parameters parameters)
    {
        writer.WriteStartArray();
        foreach (var value in Items) value.Write(writer, item, parameters);
        writer.WriteEndArray();
    }

    public override IEnumerable<PathValue> Paths => Items.SelectMany(item => item.Paths);
}

internal sealed record ObjectValue(IReadOnlyList<(string Name, Expression Value)> Properties) : Expression
{
    public override JsonElement? Evaluate(JsonElement item, Parameters parameters) => throw RefusedException.Unsupported("an object inside an expression");

    public override void Write(Utf8JsonWriter writer, JsonElement item, Parameters parameters)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in Properties)
        {
            writer.WritePropertyName(name);
            value.Write(writer, item, parameters);
        }
        writer.WriteEndObject();
    }

    public override IEnumerable<PathValue> Paths => Properties.SelectMany(property => property.Value.Paths);
}

internal sealed record Comparison(Expression Left, string Sign, Expression Right) : Condition
{
    public override bool Holds(JsonElement item, Parameters parameters)
    {
        var order = Compare(Left.Evaluate(item, parameters), Right.Evaluate(item, parameters));
        return Sign switch
        {
            "=" => order == 0,
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    public override IEnumerable<PathValue> Paths => Left.Paths.Concat(Right.Paths);
}

internal sealed record AnyOf(IReadOnlyList<Expression> Terms) : Condition
{
    public override bool Holds(JsonElement item, Parameters parameters)
    {
        foreach (var term in Terms) if (term.Holds(item, parameters)) return true;
        return false;
    }

    public override IEnumerable<PathValue> Paths => Terms.SelectMany(term => term.Paths);
}

internal sealed record AllOf(IReadOnlyList<Expression> Terms) : Condition
{
    public override bool Holds(JsonElement item, Parameters parameters)
    {
        foreach (var term in Terms) if (!term.Holds(item, parameters)) return false;
        return true;
    }

    public override IEnumerable<PathValue> Paths => Terms.SelectMany(term => term.Paths);
}

internal sealed record OneOf(Expression Value, IReadOnlyList<Expression> Values) : Condition
{
    public override bool Holds(JsonElement item, Parameters parameters)
    {
        var value = Value.Evaluate(item, parameters);
        foreach (var other in Values) if (Compare(value, other.Evaluate(item, parameters)) == 0) return true;
        return false;
    }

    public override IEnumerable<PathValue> Paths => Value.Paths;
}

internal sealed record Contains(Expression Array, Expression Value) : Condition
{
    public override bool Holds(JsonElement item, Parameters parameters)
    {
        if (Array.Evaluate(item, parameters) is not { ValueKind: JsonValueKind.Array } array) return false;
        var value = Value.Evaluate(item, parameters);
        foreach (var element in array.EnumerateArray()) if (Compare(element, value) == 0) return true;
        return false;
    }

    public override IEnumerable<PathValue> Paths => Array.Paths.Concat(Value.Paths);
}
