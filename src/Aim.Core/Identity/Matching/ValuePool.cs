namespace Aim.Identity.Matching;

/// <summary>Distinct texts of a kind, numbered from 1; 0 stands for none. A person holds the number, so that equal texts are equal numbers.</summary>
internal sealed class ValuePool
{
    private readonly Dictionary<string, int> numbers = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> bySpan;
    private readonly List<string> texts = [""];

    public ValuePool() => bySpan = numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => texts.Count;

    public string Text(int number) => texts[number];

    public int Add(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return 0;
        if (bySpan.TryGetValue(text, out var number)) return number;
        var made = text.ToString();
        texts.Add(made);
        return numbers[made] = texts.Count - 1;
    }

    /// <summary>The number of a text; -1 when nobody has it.</summary>
    public int Find(ReadOnlySpan<char> text) => text.IsEmpty ? 0 : bySpan.TryGetValue(text, out var number) ? number : -1;
}
