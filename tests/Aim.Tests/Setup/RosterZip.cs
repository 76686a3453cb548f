using System.IO.Compression;
using System.Text;

namespace Aim.Tests.Setup;

/// <summary>A OneRoster archive, file by file; the manifest lists what is there unless a test says otherwise.</summary>
internal sealed class RosterZip
{
    private static readonly string[] Known = ["academicSessions", "classes", "courses", "demographics", "enrollments", "orgs", "roles", "users"];

    private readonly Dictionary<string, string> files = [];
    private string form = "bulk";
    private string? manifest;
    private CompressionLevel compression = CompressionLevel.Optimal;

    /// <summary>A class of mathematics in the sample's elementary school: one teacher, two students.</summary>
    public static RosterZip Sample() => new RosterZip()
        .With("orgs", "sourcedId,name,type,identifier", "org-d,Alder Public Schools,district,0123", $"org-1,Alder Elementary,school,{Setup.Sample.Elementary}")
        .With("academicSessions", "sourcedId,title,type,startDate,endDate,schoolYear", "year,2025-2026,schoolYear,2025-08-25,2026-06-05,2026")
        .With("users", "sourcedId,givenName,familyName,identifier,userIds", "u-1,Ana1001,Rivers,1001,", "u-2,Ana1002,Rivers,1002,", "u-9,Ellen,Birch,T1,")
        .With("roles", "sourcedId,userSourcedId,roleType,role,orgSourcedId", "r-1,u-1,primary,student,org-1", "r-2,u-2,primary,student,org-1", "r-9,u-9,primary,teacher,org-1")
        .With("courses", "sourcedId,title,courseCode,orgSourcedId,subjectCodes", "c-1,\"Mathematics, grade 5\",M5,org-d,02035")
        .With("classes", "sourcedId,title,courseSourcedId,classCode,classType,schoolSourcedId,termSourcedIds,periods", "k-1,Math 5A,c-1,5A,scheduled,org-1,year,2", "k-2,Math 5B,c-1,5B,scheduled,org-1,year,3")
        .With("enrollments", "sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate",
            "e-1,k-1,org-1,u-1,student,,2025-08-25,", "e-2,k-1,org-1,u-2,student,,2025-09-02,", "e-9,k-1,org-1,u-9,teacher,true,,");

    /// <summary>Nothing but what changed.</summary>
    public static RosterZip Delta() => new() { form = "delta" };

    public RosterZip With(string file, params string[] lines)
    {
        files[$"{file}.csv"] = string.Join('\n', lines) + "\n";
        return this;
    }

    public RosterZip WithFile(string name, string content)
    {
        files[name] = content;
        return this;
    }

    public RosterZip Without(string file)
    {
        files.Remove($"{file}.csv");
        return this;
    }

    /// <summary>Files are put into the zip as they are.</summary>
    public RosterZip Stored()
    {
        compression = CompressionLevel.NoCompression;
        return this;
    }

    public RosterZip WithManifest(string text)
    {
        manifest = text;
        return this;
    }

    public string Manifest => manifest ?? $"propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n{string.Concat(Known.Select(file => $"file.{file},{(files.ContainsKey($"{file}.csv") ? form : "absent")}\n"))}source.systemName,Test\n";

    public byte[] Bytes()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content) in files.Prepend(new("manifest.csv", Manifest)))
            {
                if (content.Length == 0) continue;
                using var entry = zip.CreateEntry(name, compression).Open();
                entry.Write(Encoding.UTF8.GetBytes(content));
            }
        }
        return bytes.ToArray();
    }
}
