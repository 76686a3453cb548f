using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Tests.Setup;

namespace Aim.Tests.Contracts;

/// <summary>Files of one test, closed after it.</summary>
internal sealed class EmbeddedFiles : IAsyncDisposable
{
    private readonly List<SqliteDatabase> databases = [];

    public string Folder { get; } = AssemblySetup.NewFolder("contract");

    public SqliteDatabase OpenDatabase()
    {
        var database = new SqliteDatabase(Path.Combine(Folder, "aim.db"), DataSchema.Sql, DataSchema.Version, fullSync: false);
        databases.Add(database);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in databases) await database.DisposeAsync();
    }
}

[TestClass]
public sealed class FileBlobStoreContract : BlobStoreContract
{
    protected override Task<IBlobStore> OpenAsync() =>
        Task.FromResult<IBlobStore>(new FileBlobStore(Path.Combine(AssemblySetup.NewFolder("blobs"), "root"), new UploadUrls(new byte[32], new Uri("http://localhost:5080"), TimeProvider.System)));
}

[TestClass]
public sealed class SqliteEditionStoreContract : EditionStoreContract, IAsyncDisposable
{
    private readonly EmbeddedFiles files = new();

    protected override Task<IEditionStore> OpenAsync(TimeProvider clock) => Task.FromResult<IEditionStore>(new SqliteEditionStore(files.OpenDatabase(), clock));

    public ValueTask DisposeAsync() => files.DisposeAsync();
}

[TestClass]
public sealed class SqliteStateStoreContract : StateStoreContract, IAsyncDisposable
{
    private readonly EmbeddedFiles files = new();

    protected override Task<IStateStore> OpenAsync(TimeProvider clock) => Task.FromResult<IStateStore>(new SqliteStateStore(files.OpenDatabase(), clock));

    public ValueTask DisposeAsync() => files.DisposeAsync();
}

[TestClass]
public sealed class SqliteIdentityIndexContract : IdentityIndexContract, IAsyncDisposable
{
    private readonly EmbeddedFiles files = new();

    protected override Task<IIdentityIndex> OpenAsync() => Task.FromResult<IIdentityIndex>(new SqliteIdentityIndex(files.OpenDatabase()));

    public ValueTask DisposeAsync() => files.DisposeAsync();
}

[TestClass]
public sealed class SqliteLedgerContract : LedgerContract, IAsyncDisposable
{
    private readonly EmbeddedFiles files = new();

    protected override Task<ILedger> OpenAsync() => Task.FromResult<ILedger>(new SqliteLedger(files.OpenDatabase()));

    public ValueTask DisposeAsync() => files.DisposeAsync();
}
