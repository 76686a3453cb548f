using System.Numerics;

namespace Aim.Identity.Matching;

/// <summary>Blocks that are too big to compare all of their people with one another.</summary>
/// <param name="People">Who is in at least one; they are compared by whatever other keys they have.</param>
public readonly record struct SkippedBlocks(int Blocks, int People);

/// <summary>The people of a table by blocking key: eight bytes for each key of each person, in one array.</summary>
internal sealed class PersonBlocks
{
    /// <summary>A key that more share says nothing; most of its people have other keys.</summary>
    private const int Largest = 2000, LargestWide = 24;

    private readonly ulong[] entries;
    private readonly int[] starts;
    private readonly int shift;

    private readonly int largest;

    private PersonBlocks(ulong[] entries, int[] starts, int shift, int largest) => (this.entries, this.starts, this.shift, this.largest) = (entries, starts, shift, largest);

    /// <summary>The blocks of the people from one number to before another.</summary>
    /// <param name="oneForAllAlike">In a block that is too big, the first stands for all who are like it in every field.</param>
    public static PersonBlocks Of(PersonTable table, int from, int to, bool oneForAllAlike = false)
    {
        var blocks = Of(table, from, to, BlockingKeys.Write, Largest);
        return oneForAllAlike ? blocks.WithOneForAllAlike(table) : blocks;
    }

    /// <summary>The same by wide keys.</summary>
    public static PersonBlocks OfWide(PersonTable table, int from, int to) => Of(table, from, to, BlockingKeys.WriteWide, LargestWide);

    private delegate int Keys(PersonView person, Span<ulong> keys);

    private static PersonBlocks Of(PersonTable table, int from, int to, Keys write, int largest)
    {
        Span<ulong> keys = stackalloc ulong[BlockingKeys.Most];
        var all = new List<ulong>(10 * (to - from));
        for (var person = from; person < to; person++)
        {
            var count = write(table.View(person), keys);
            for (var i = 0; i < count; i++) all.Add(keys[i] >> 32 << 32 | (uint)person);
        }
        return Of(all, largest);
    }

    private static PersonBlocks Of(List<ulong> all, int largest)
    {
        var shift = 64 - Math.Clamp(BitOperations.Log2((uint)all.Count + 1), 1, 26);
        var starts = new int[(1 << (64 - shift)) + 1];
        foreach (var entry in all) starts[(int)(entry >> shift) + 1]++;
        for (var i = 1; i < starts.Length; i++) starts[i] += starts[i - 1];
        var (entries, next) = (new ulong[all.Count], (int[])starts.Clone());
        foreach (var entry in all) entries[next[(int)(entry >> shift)]++] = entry;
        for (var i = 0; i + 1 < starts.Length; i++) entries.AsSpan(starts[i]..starts[i + 1]).Sort();
        return new PersonBlocks(entries, starts, shift, largest);
    }

    private PersonBlocks WithOneForAllAlike(PersonTable table)
    {
        var kept = new List<ulong>(entries.Length);
        foreach (var block in Blocks())
        {
            var people = entries.AsSpan(block);
            if (people.Length <= largest)
            {
                kept.AddRange(people);
                continue;
            }
            var firsts = new HashSet<int>(new Alike(table));
            foreach (var entry in people) if (firsts.Add((int)(uint)entry)) kept.Add(entry);
        }
        return kept.Count == entries.Length ? this : Of(kept, largest);
    }

    /// <summary>People are equal who are alike in every field.</summary>
    private sealed class Alike(PersonTable table) : EqualityComparer<int>
    {
        public override bool Equals(int a, int b) => table.Row(a).IsAlike(in table.Row(b));

        public override int GetHashCode(int person)
        {
            ref readonly var row = ref table.Row(person);
            return HashCode.Combine(row.Birth, row[Trait.Last], row[Trait.First], row[Trait.Middle], row[Trait.Street], row[Trait.Postcode], row[Trait.Other]);
        }
    }

    /// <summary>Where the entries of each key are.</summary>
    private IEnumerable<Range> Blocks()
    {
        for (int first = 0, end; first < entries.Length; first = end)
        {
            for (end = first + 1; end < entries.Length && entries[end] >> 32 == entries[first] >> 32;) end++;
            yield return first..end;
        }
    }

    /// <summary>Those who have a key, in the low half of each entry.</summary>
    /// <returns>False when too many have it to look at them all.</returns>
    public bool TryFind(ulong key, out ReadOnlySpan<ulong> found)
    {
        var slot = (int)(key >> shift);
        var (hash, first, end) = (key >> 32, starts[slot], starts[slot + 1]);
        while (first < end && entries[first] >> 32 < hash) first++;
        var last = first;
        while (last < end && entries[last] >> 32 == hash) last++;
        found = last - first > largest ? [] : entries.AsSpan(first..last);
        return last - first <= largest;
    }

    /// <summary>The keys for which <see cref="TryFind" /> is false.</summary>
    public SkippedBlocks CountSkipped()
    {
        var (blocks, people) = (0, new HashSet<int>());
        foreach (var block in Blocks())
        {
            var entriesOfKey = entries.AsSpan(block);
            if (entriesOfKey.Length <= largest) continue;
            blocks++;
            foreach (var entry in entriesOfKey) people.Add((int)(uint)entry);
        }
        return new SkippedBlocks(blocks, people.Count);
    }
}
