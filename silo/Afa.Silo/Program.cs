using Afa.Silo;

return await SiloProgram.RunAsync(args, Console.Out, Console.Error, Environment.GetEnvironmentVariable);
