using Aim.Editions;
using Aim.Records;
using CsCheck;

namespace Aim.Tests.Records;

/// <summary>The stored form of records, for whatever they hold.</summary>
[TestClass]
public sealed class CanonicalTests
{
    private const int Times = 300;

    private static byte[] Bytes<T>(RecordType<T> type, T record) where T : IRecord<T>
    {
        var buffer = new ByteBuffer();
        Assert.AreEqual(type.Write(record, buffer), buffer.Length);
        return buffer.Written.ToArray();
    }

    private sealed class RoundTrip : IRecordTypeVisitor<bool>
    {
        public bool Visit<T>(RecordType<T> type) where T : IRecord<T>
        {
            RandomRecords.Any<T>().Sample(record =>
            {
                var bytes = Bytes(type, record);
                var read = type.Read(bytes);
                return read.Equals(record) && Bytes(type, read).AsSpan().SequenceEqual(bytes) && type.Decode(bytes).Equals(record);
            }, iter: Times);
            return true;
        }
    }

    public static IEnumerable<object[]> Codes => RecordTypes.All.Select(type => new object[] { type.Code });

    [TestMethod]
    [DynamicData(nameof(Codes))]
    public void A_record_is_read_back_as_it_was_written(string code) => Assert.IsTrue(RecordTypes.Find(code)!.Accept(new RoundTrip()));

    [TestMethod]
    public void An_empty_record_is_no_bytes() => Assert.IsEmpty(Bytes(RecordTypes.Enrollment, new Enrollment()));

    [TestMethod]
    public void A_field_that_a_later_version_adds_leaves_stored_bytes_as_they_are() =>
        RandomRecords.Any<SpecialEducation>().Sample(record => Bytes(RecordTypes.SpecialEducation, record with { ExitReason = null, ExitDate = null }) is var bytes
            && (bytes.Length == 0 || bytes[^1] != 0) && RecordTypes.SpecialEducation.Read(bytes).ExitReason is null, iter: Times);

    [TestMethod]
    public void The_fields_that_differ_are_those_that_were_changed() => Gen.Select(RandomRecords.Any<Enrollment>(), RandomRecords.Any<Enrollment>()).Sample((one, other) =>
    {
        var changes = CanonicalMerge.Compare(RecordTypes.Enrollment, Bytes(RecordTypes.Enrollment, one), Bytes(RecordTypes.Enrollment, one with { Grade = other.Grade, EndDate = other.EndDate }));
        var expected = new List<string>();
        if (one.Grade != other.Grade) expected.Add("Grade");
        if (one.EndDate != other.EndDate) expected.Add("EndDate");
        return changes.Select(change => change.Field).SequenceEqual(expected);
    }, iter: Times);

    [TestMethod]
    public void An_overlay_keeps_what_the_newer_record_leaves_empty() => Gen.Select(RandomRecords.Any<Student>(), RandomRecords.Any<Student>(), Gen.ULong).Sample((older, newer, cleared) =>
    {
        var merged = new ByteBuffer();
        CanonicalMerge.Overlay(Bytes(RecordTypes.Student, older), Bytes(RecordTypes.Student, newer), cleared, RecordTypes.Student.Fields.Count, merged);
        var student = RecordTypes.Student.Read(merged.Written);
        var (last, city) = (RecordTypes.Student.FieldIndex("LastName"), RecordTypes.Student.FieldIndex("City"));
        return student.LastName == (newer.LastName ?? ((cleared >> last & 1) == 0 ? older.LastName : null)) && student.City == (newer.City ?? ((cleared >> city & 1) == 0 ? older.City : null))
            && Bytes(RecordTypes.Student, student).AsSpan().SequenceEqual(merged.Written);
    }, iter: Times);

    [TestMethod]
    public void A_digest_does_not_depend_on_the_order_of_rows() => Gen.Select(RandomRecords.Any<Enrollment>().Array[0, 12], Gen.Int).Sample((records, seed) =>
    {
        var hashes = records.Select((record, i) => EditionDigest.HashOf($"{i % 5}", RecordTypes.Enrollment, record.Key, Bytes(RecordTypes.Enrollment, record))).ToArray();
        var shuffled = hashes.ToArray();
        new Random(seed).Shuffle(shuffled);
        var (one, other) = (Sum(hashes), Sum(shuffled));
        return one == other && Sum(hashes[..(hashes.Length / 2)]) + Sum(hashes[(hashes.Length / 2)..]) == one && hashes.Aggregate(one, (digest, hash) => digest.Subtract(hash)) == default;
    }, iter: Times);

    private static EditionDigest Sum(UInt128[] hashes) => hashes.Aggregate(default(EditionDigest), (digest, hash) => digest.Add(hash));

    [TestMethod]
    public void Local_ids_sort_as_their_UTF8_bytes() => Gen.Select(RandomRecords.Any<Student>(), RandomRecords.Any<Student>()).Sample((one, other) =>
    {
        var (left, right) = (one.LastName ?? "", other.LastName ?? "");
        return Math.Sign(Utf8Order.Compare(left, right)) == Math.Sign(System.Text.Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right)));
    }, iter: Times);
}
