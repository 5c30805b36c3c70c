using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace RecordingPlatform.Core.Redis;

public static class RedisRegistration
{
    /// <summary>Connection string, under <c>ConnectionStrings</c>; absent or empty: there is no Redis.</summary>
    public const string ConnectionName = "redis";

    /// <summary>Adds <see cref="RedisClient"/> and <see cref="RedisCache"/>. A host starts whether or not Redis is there.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="configuration">With the connection string.</param>
    /// <param name="token">For a sign-in by token instead of the password.</param>
    /// <exception cref="OptionsValidationException">The connection string cannot be understood.</exception>
    public static IServiceCollection AddRedis(
        this IServiceCollection services, IConfiguration configuration, Func<IServiceProvider, Func<CancellationToken, ValueTask<RedisToken>>>? token = null)
    {
        var settings = Read(configuration.GetConnectionString(ConnectionName));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new RedisClient(
            settings is not null && token is not null ? settings with { Token = token(provider) } : settings,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<RedisClient>>()));
        services.TryAddSingleton<RedisCache>();
        services.AddHostedService<Starter>();
        return services;
    }

    static RedisSettings? Read(string? connectionString)
    {
        if (string.IsNullOrWhiteSpace(connectionString))
            return null;
        try
        {
            return RedisSettings.Parse(connectionString);
        }
        catch (FormatException wrong)
        {
            throw new OptionsValidationException(nameof(RedisSettings), typeof(RedisSettings), [$"ConnectionStrings:{ConnectionName} {wrong.Message}"]);
        }
    }

    /// <summary>Connects while the host starts, so that the first caller finds it there.</summary>
    sealed class Starter : IHostedService
    {
        public Starter(RedisClient redis) => ArgumentNullException.ThrowIfNull(redis);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
