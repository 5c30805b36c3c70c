using Microsoft.Extensions.Configuration;
using RecordingPlatform.AppHost.Local;

namespace Aspire.Hosting
{
    /// <summary>The platform as a set of local processes, started in order and stopped in reverse.</summary>
    public sealed class DistributedApplication
    {
        readonly LocalBuilder _builder;

        internal DistributedApplication(LocalBuilder builder) => _builder = builder;

        /// <summary>Reads the options. Ends the process with code 2 and the usage when they make no sense.</summary>
        public static IDistributedApplicationBuilder CreateBuilder(string[] args)
        {
            switch (RunOptions.Parse(args, Directory.GetCurrentDirectory()))
            {
                case RunOptions options:
                    return new LocalBuilder(options);
                case RunOptions.Refused refused:
                    (refused.ExitCode == 0 ? Console.Out : Console.Error).WriteLine(refused.Message);
                    Environment.Exit(refused.ExitCode);
                    break;
            }

            throw new InvalidOperationException("Parsing options has two outcomes.");
        }

        /// <summary>Runs until a signal asks for the end. The exit code is 1 when the platform could not start.</summary>
        public void Run() => Environment.ExitCode = Signals.RunAsync(RunEngineAsync).GetAwaiter().GetResult();

        /// <exception cref="InvalidOperationException">The platform could not start; the reason is in the log.</exception>
        public async Task RunAsync(CancellationToken cancellationToken = default)
        {
            if (await RunEngineAsync(cancellationToken, CancellationToken.None) != 0)
            {
                throw new InvalidOperationException("The platform did not start.");
            }
        }

        internal Task<int> RunEngineAsync(CancellationToken stop, CancellationToken kill) =>
            new Engine(_builder, TimeProvider.System).RunAsync(stop, kill);
    }

    public interface IDistributedApplicationBuilder
    {
        ConfigurationManager Configuration { get; }

        string AppHostDirectory { get; }

        DistributedApplicationExecutionContext ExecutionContext { get; }

        DistributedApplication Build();
    }

    public sealed class DistributedApplicationExecutionContext
    {
        internal DistributedApplicationExecutionContext()
        {
        }

        /// <summary>Always true: publishing is done by Aspire itself (AspireHosting=true).</summary>
        public bool IsRunMode { get; } = true;

        public bool IsPublishMode { get; }
    }

    public static class ProjectResourceBuilderExtensions
    {
        public static IResourceBuilder<ProjectResource> AddProject<TProject>(
            this IDistributedApplicationBuilder builder, string name, string? launchProfileName)
            where TProject : IProjectMetadata, new() => builder.Add(new ProjectResource(name, new TProject().ProjectPath));
    }

    public static class ExecutableResourceBuilderExtensions
    {
        public static IResourceBuilder<ExecutableResource> AddExecutable(
            this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args) =>
            builder.Add(new ExecutableResource(name, command, workingDirectory)).WithArgs(args ?? []);
    }

    public static class ConnectionStringBuilderExtensions
    {
        public static IResourceBuilder<ConnectionStringResource> AddConnectionString(
            this IDistributedApplicationBuilder builder, string name, ReferenceExpression connectionStringExpression) =>
            builder.Add(new ConnectionStringResource(name, connectionStringExpression));
    }
}

namespace Aspire.Hosting.ApplicationModel
{
    public interface IResourceBuilder<out T>
        where T : IResource
    {
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        T Resource { get; }
    }
}
