using System.Security.Cryptography;
using Aim.Workflows;

namespace Aim.Host.Embedded;

/// <summary>
/// A data folder, opened: <c>aim.db</c> (editions, state, identity, ledger, outbox), <c>workflows.db</c> (the journal), <c>blobs/</c> and
/// <c>upload.key</c>. Two processes may have the same folder open.
/// </summary>
internal sealed class DataFolder : IAsyncDisposable
{
    /// <summary>Editions, state, identity, ledger, outbox.</summary>
    public const string DataFile = "aim.db";

    /// <summary>The journal of workflows.</summary>
    public const string JournalFile = "workflows.db";

    public const string BlobFolder = "blobs";

    /// <summary>The secrets that upload URLs and, on a host that is served, tokens are signed with.</summary>
    public static readonly IReadOnlyList<string> KeyFiles = [UploadKeyFile, IssuerKeyFile];

    internal const string IssuerKeyFile = "issuer.key";

    private const string UploadKeyFile = "upload.key";
    private const int KeyBytes = 32;

    private readonly SqliteDatabase data;
    private readonly SqliteDatabase journal;

    /// <summary>The two files themselves, for tests that make them full.</summary>
    internal (SqliteDatabase Data, SqliteDatabase Journal) Databases => (data, journal);

    private DataFolder(string path, Uri address, TimeProvider clock, ILoggerFactory loggers, Func<AimPorts, AimPorts>? replace)
    {
        Path = System.IO.Path.GetFullPath(path);
        MakePrivate(Path);
        UploadUrls = new UploadUrls(UploadKey(), address, clock);
        data = new SqliteDatabase(System.IO.Path.Combine(Path, DataFile), DataSchema.Sql, DataSchema.Version, fullSync: true, DataSchema.Upgrade);
        journal = new SqliteDatabase(System.IO.Path.Combine(Path, JournalFile), WorkflowJournal.Schema, WorkflowJournal.SchemaVersion, fullSync: false);
        var blobs = new FileBlobStore(System.IO.Path.Combine(Path, BlobFolder), UploadUrls);
        blobs.RemoveAbandoned(clock.GetUtcNow());
        Ports = new AimPorts(
            blobs, new SqliteEditionStore(data, clock), new SqliteStateStore(data, clock),
            new SqliteIdentityIndex(data), new SqliteLedger(data), clock);
        if (replace is not null) Ports = replace(Ports);
        WorkflowEngine? engine = null;
        Platform = new AimPlatform(Ports, catalog => engine = new WorkflowEngine(new WorkflowJournal(journal, clock), catalog, clock, loggers.CreateLogger<WorkflowEngine>()), loggers);
        Engine = engine!;
    }

    public string Path { get; }
    public AimPorts Ports { get; }
    public AimPlatform Platform { get; }
    public WorkflowEngine Engine { get; }
    public UploadUrls UploadUrls { get; }

    /// <summary>Opens a folder, making it if need be. Workflows run only once <see cref="WorkflowEngine.Start"/> is called.</summary>
    /// <param name="replace">Puts other adapters in the place of some of the embedded ones.</param>
    public static DataFolder Open(string path, Uri address, TimeProvider clock, ILoggerFactory loggers, Func<AimPorts, AimPorts>? replace = null) => new(path, address, clock, loggers, replace);

    /// <summary>Makes a folder for data of students, which no other user of the machine may read; one that is there stays as its owner has it.</summary>
    internal static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static bool Exists(string path) => File.Exists(System.IO.Path.Combine(path, DataFile));

    /// <summary>The secret that upload URLs are signed with; made once for the folder.</summary>
    private byte[] UploadKey()
    {
        var file = System.IO.Path.Combine(Path, UploadKeyFile);
        NewFile.MakeSecret(file, () => RandomNumberGenerator.GetBytes(KeyBytes));
        var key = File.ReadAllBytes(file);
        return key.Length == KeyBytes ? key : throw new FaultException($"{file} holds no key. Delete it: the next start makes another, and addresses for uploads that were given out have to be asked for anew.") { IsPermanent = true };
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await journal.DisposeAsync();
        await data.DisposeAsync();
    }
}
