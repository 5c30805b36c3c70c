using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Jobs;

/// <summary>
/// Wakes the workers once a transaction that enqueued has committed. A NOTIFY inside that transaction would hold
/// PostgreSQL's one notification lock while the commit reaches the disk, and so make all enqueuing commits wait in line;
/// sent afterwards it has nothing to write. A hint that is lost, or owed by a synchronous save, costs at most one poll.
/// </summary>
internal sealed class JobHint : DbTransactionInterceptor, ISaveChangesInterceptor
{
    public static readonly JobHint Instance = new();

    static readonly object Marker = new();
    static readonly ConditionalWeakTable<DbContext, object> Owing = [];

    /// <summary>This context's next commit makes a job due.</summary>
    public static void Owe(RecordingDb db) => Owing.TryAdd(db, Marker);

    /// <summary>The hint is due now, unless a transaction is open: then at its end.</summary>
    public static Task AfterAsync(RecordingDb db)
    {
        Owe(db);
        return SettleAsync(db);
    }

    public async ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await SettleAsync(eventData.Context);
        return result;
    }

    public override async Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db && Owing.Remove(db))
            await SendAsync(db);
    }

    public override Task TransactionRolledBackAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        if (eventData.Context is { } db)
            Owing.Remove(db);
        return Task.CompletedTask;
    }

    static async Task SettleAsync(DbContext? db)
    {
        if (db is { Database.CurrentTransaction: null } && Owing.Remove(db))
            await SendAsync(db);
    }

    static async Task SendAsync(DbContext db)
    {
        try
        {
            // Neither cancelled nor failed: the caller's work is committed, and must not look as if it were not.
            await db.Database.OpenConnectionAsync(CancellationToken.None);
            try
            {
                await using var notify = db.Database.GetDbConnection().CreateCommand();
                notify.CommandText = $"notify {JobQueue.HintChannel}";
                await notify.ExecuteNonQueryAsync(CancellationToken.None);
            }
            finally
            {
                await db.Database.CloseConnectionAsync();
            }
        }
        catch (NpgsqlException)
        {
            // The next use of the connection reports what is wrong with it.
        }
    }
}
